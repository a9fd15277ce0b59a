using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>`--bind`, its forms and escapes, seen from inside.</summary>
public class BindTests
{
    private readonly string source = Host.Directory(TestUser.First);

    public BindTests()
    {
        Host.Own(Host.Write($"{source}/file", "of the host\n"), TestUser.First);
        Host.Write($"{source}/below/deep", "deep\n");
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void A_source_alone_stands_at_its_own_path(Profile profile)
        => As.By(profile).Run("exec", "--no-mount", "tmp", "-B", source, Images.Directory, "cat", $"{source}/file").Prints("of the host");

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void A_bind_is_writable_and_the_host_sees_it(Profile profile)
    {
        As.By(profile).Run("exec", "-B", $"{source}:/mnt", Images.Directory, "sh", "-c", "echo more >> /mnt/file").Succeeds();
        Assert.Equal("of the host\nmore\n", System.IO.File.ReadAllText($"{source}/file"));
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void A_read_only_bind_takes_no_write(Profile profile)
    {
        Result result = As.By(profile).Run("exec", "-B", $"{source}:/mnt:ro", Images.Directory, "sh", "-c", "echo more >> /mnt/file");
        result.Ends(1).Warns("Read-only file system");
        Assert.Equal("of the host\n", System.IO.File.ReadAllText($"{source}/file"));
    }

    [Fact]
    public void A_read_only_bind_of_root_cannot_be_remounted_by_a_user()
        => Assert.NotEqual(0, As.User.Run("exec", "-B", $"{source}:/mnt:ro", Images.Directory, "mount", "-o", "remount,rw,bind", "/mnt").ExitCode);

    [Fact]
    public void Rw_is_an_option_too()
        => As.User.Run("exec", "-B", $"{source}:/mnt:rw", Images.Directory, "touch", "/mnt/new").Succeeds();

    [Fact]
    public void A_file_goes_onto_a_file()
        => As.User.Run("exec", "-B", $"{source}/file:/etc/os-release", Images.Directory, "cat", "/etc/os-release").Prints("of the host");

    [Theory]
    [InlineData("/new/for/a/file")]         // nothing of it is in the image
    [InlineData("/etc/below/an/old/one")]
    [InlineData("/bin/new-file")]           // beside what the image has, which stays
    public void A_missing_target_of_a_file_is_made(string target)
        => As.User.Run("exec", "-B", $"{source}/file:{target}", Images.Directory, "sh", "-c", $"test -x /bin/busybox && cat {target}").Prints("of the host");

    [Theory]
    [InlineData("/new/directory")]
    [InlineData("/opt/new")]
    [InlineData("/usr/bin/new")]
    public void A_missing_target_of_a_directory_is_made(string target)
    {
        As.User.Run("exec", "-B", $"{source}:{target}", Images.Directory, "cat", $"{target}/below/deep").Prints("deep");
        Assert.False(System.IO.Path.Exists(Images.Directory + target), "the image must not change");
    }

    [Fact]
    public void A_missing_target_in_a_SIF_is_made()
        => As.User.Run("exec", "-B", $"{source}/file:/new/file,{source}:/another", Images.Sif, "cat", "/new/file", "/another/file").Prints("of the host\nof the host");

    [Fact]
    public void Commas_separate_binds_and_the_option_repeats()
        => As.User.Run("exec", "-B", $"{source}:/mnt:ro,{source}/below:/opt", "--bind", $"{source}/file:/srv/f", Images.Directory, "cat", "/mnt/file", "/opt/deep", "/srv/f")
            .Prints("of the host\ndeep\nof the host");

    [Theory]
    [InlineData("a:b", @"a\:b")]
    [InlineData("a,b", @"a\,b")]
    [InlineData("a b", "a b")]
    [InlineData(@"a\b", @"a\b")]            // a backslash before anything else means itself
    [InlineData("gr\u00FC\u00DFe", "gr\u00FC\u00DFe")]      // bytes that are no UTF-8
    public void A_name_may_have_any_byte(string name, string written)
    {
        Host.Run("/bin/sh", "-c", $"cd {source} && python3 -c 'import os,sys; os.mkdir(bytes.fromhex(sys.argv[1])); open(bytes.fromhex(sys.argv[1])+b\"/in\",\"w\").write(\"found\\n\")' "
            + System.Convert.ToHexString(System.Text.Encoding.Latin1.GetBytes(name)));
        As.User.Run("exec", "-B", $"{source}/{written}:/mnt", Images.Directory, "cat", "/mnt/in").Prints("found");
        As.User.Run("exec", "-B", $"{source}/{written}:/mnt/{written}", Images.Directory, "cat", $"/mnt/{name}/in").Prints("found");
    }

    [Fact]
    public void A_nested_bind_lies_on_top_whatever_the_order()
    {
        string inner = Host.Directory();
        Host.Write($"{inner}/file", "inner\n");
        foreach (string binds in (string[])[$"{source}:/mnt,{inner}:/mnt/below", $"{inner}:/mnt/below,{source}:/mnt"])
        {
            As.User.Run("exec", "-B", binds, Images.Directory, "cat", "/mnt/file", "/mnt/below/file").Prints("of the host\ninner");
        }
    }

    [Fact]
    public void The_first_of_two_binds_on_one_target_wins_with_a_warning()
    {
        string other = Host.Directory();
        Host.Write($"{other}/file", "other\n");
        Result result = As.User.Run("exec", "-B", $"{source}:/mnt", "-B", $"{other}:/mnt", Images.Directory, "cat", "/mnt/file").Succeeds();
        Assert.Equal("of the host", result.Line);
        result.Warns("destination is already in the mount point list");
    }

    [Fact]
    public void Mounts_below_the_source_come_along()
        => As.Root.Under("unshare", "-m", "sh", "-c", $"mount -t tmpfs none {source}/below && echo new > {source}/below/f && exec \"$@\"", "sh")
            .Run("exec", "-B", $"{source}:/mnt", Images.Directory, "cat", "/mnt/below/f").Prints("new");

    [Theory]
    [InlineData("APPTAINER_BIND")]
    [InlineData("APPTAINER_BINDPATH")]
    [InlineData("KERR_BIND")]
    [InlineData("KERR_BINDPATH")]
    public void Variables_add_to_the_option(string variable)
        => As.User.With($"{variable}={source}/below:/opt").Run("exec", "-B", $"{source}:/mnt", Images.Directory, "cat", "/mnt/file", "/opt/deep").Prints("of the host\ndeep");

    [Fact]
    public void The_old_variable_adds_too_and_is_told()
        => As.User.With($"SINGULARITY_BIND={source}/below:/opt").Run("-v", "exec", "-B", $"{source}:/mnt", Images.Directory, "cat", "/opt/deep")
            .Shows("deep").Warns("SINGULARITY_BIND");

    [Fact]
    public void A_relative_source_counts_from_the_current_directory()
        => As.User.In(source).Run("exec", "-B", "below:/mnt", Images.Directory, "cat", "/mnt/deep").Prints("deep");

    [Fact]
    public void A_link_of_the_image_is_followed_inside_its_root_only()
    {
        ImageTree image = Images.New().Link("/away", "/opt/real").Directory("/opt/real").Link("/out", $"../../../../../..{source}");
        As.User.Run("exec", "-B", $"{source}:/away", image.Path, "cat", "/opt/real/file").Prints("of the host");

        string marker = $"{source}/marker";
        As.User.Run("exec", "--no-mount", "tmp", "-B", $"{source}/below:/out/marker", image.Path, "ls", $"{source}/marker").Prints("deep");
        Assert.False(System.IO.Path.Exists(marker), "a target was made on the host, behind a link of the image");
    }

    /// <summary>What a variable that is not set leaves of a list.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("SOURCE:/mnt,")]
    [InlineData(",,SOURCE:/mnt:ro,,")]
    public void Nothing_between_commas_is_no_bind(string binds)
        => As.User.Run("exec", "-B", binds.Replace("SOURCE", source, StringComparison.Ordinal), Images.Directory, "sh", "-c", "cat /mnt/file 2>/dev/null || echo none")
            .Prints(binds.Contains("SOURCE", StringComparison.Ordinal) ? "of the host" : "none");

    [Theory]
    [InlineData("/no/such:/mnt", "bind source /no/such does not exist")]
    [InlineData("/etc:mnt", "destination must be an absolute path")]
    [InlineData("/etc:/mnt:rx", "option that is not known: rx")]
    [InlineData(":/mnt", "has no source")]
    [InlineData("/etc:/mnt:ro:more", "too many colons")]
    public void What_cannot_be_bound_is_said(string bind, string message)
        => As.User.Run("exec", "-B", bind, Images.Directory, "true").IsFatal(message);

    [Fact]
    public void A_source_that_may_not_be_entered_is_said()
    {
        string closed = Host.Directory();
        Host.Write($"{closed}/in/file", "");
        System.IO.File.SetUnixFileMode(closed, Modes.OwnerOnly);
        As.User.Run("exec", "-B", $"{closed}/in:/mnt", Images.Directory, "true").IsFatal($"cannot bind {closed}/in");
    }

    [Fact]
    public void A_directory_does_not_go_onto_a_file()
        => As.User.Run("exec", "-B", $"{source}:/etc/os-release", Images.Directory, "true").IsFatal("one is a directory, the other a file");
}

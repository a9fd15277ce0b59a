using System;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>What the host lends: `--containlibs`, `--fusemount`.</summary>
public class HostProgramsTests
{
    [Fact]
    public void Libraries_are_bound_read_only_into_their_directory()
    {
        string directory = Host.Directory(TestUser.First);
        Host.Own(Host.Write($"{directory}/libone.so", "1\n"), TestUser.First);
        Host.Own(Host.Write($"{directory}/libtwo.so.2", "2\n"), TestUser.First);
        As.User.Run("exec", "--containlibs", $"{directory}/libone.so,{directory}/libtwo.so.2", Images.Directory, "sh", "-c",
            "ls /.singularity.d/libs; cat /.singularity.d/libs/*; (echo x >> /.singularity.d/libs/libone.so) 2> /dev/null || echo read-only").Prints("libone.so\nlibtwo.so.2\n1\n2\nread-only");
    }

    [Fact]
    public void Libraries_are_in_the_search_path_of_an_image_that_says_so()
    {
        ImageTree image = Images.New().Script("/.singularity.d/env/99-base.sh",
            "if [ -z \"$LD_LIBRARY_PATH\" ]; then LD_LIBRARY_PATH=\"/.singularity.d/libs\"; else LD_LIBRARY_PATH=\"$LD_LIBRARY_PATH:/.singularity.d/libs\"; fi\nexport LD_LIBRARY_PATH\n");
        As.User.Run("exec", "--containlibs", "/etc/hostname", image.Path, "printenv", "LD_LIBRARY_PATH").Shows("/.singularity.d/libs");
    }

    [Fact]
    public void A_library_that_is_not_there_is_told()
        => As.User.Run("exec", "--containlibs", "/no/such.so", Images.Directory, "true").Ends(0).Warns("/no/such.so");

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Fakeroot)]
    public void A_file_system_of_a_host_program_is_mounted_and_goes(Profile profile)
    {
        Need.Program("squashfuse_ll");
        string data = new ImageTree().File("/inside", "by FUSE\n").SquashFs();
        As.By(profile).Run("exec", "--fusemount", $"host:squashfuse_ll {data} /fuse", Images.Directory, "cat", "/fuse/inside").Prints("by FUSE");
        As.By(profile).With($"APPTAINER_FUSESPEC=host:squashfuse_ll {data} /fuse").Run("exec", Images.Directory, "cat", "/fuse/inside").Prints("by FUSE");
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    [InlineData(Profile.User, "--no-pid")]
    [InlineData(Profile.User, "--no-init")]
    [InlineData(Profile.User, "--containall")]
    public void A_file_system_of_a_program_in_the_image_is_mounted_and_goes(Profile profile, params string[] options)
    {
        string data = new ImageTree().File("/inside", "by FUSE\n").SquashFs();
        string image = WithSquashFuse().Copy("/data.sqfs", data).Path;
        As.By(profile).Run(["exec", .. options, "--fusemount", "container:squashfuse_ll /data.sqfs /fuse", image, "sh", "-c",
            "cat /fuse/inside; for fd in /proc/$$/fd/*; do readlink $fd; done | grep -c /dev/fuse; true"]).Prints("by FUSE\n0");
    }

    [Fact]
    public void Two_programs_in_the_image_do_not_keep_each_other_alive()
    {
        string data = new ImageTree().File("/inside", "by FUSE\n").SquashFs();
        string image = WithSquashFuse().Copy("/data.sqfs", data).Path;
        As.User.Run("exec", "--no-pid", "--fusemount", "container:squashfuse_ll /data.sqfs /one",
            "--fusemount", "container-daemon:squashfuse_ll /data.sqfs /two", image, "cat", "/one/inside", "/two/inside").Prints("by FUSE\nby FUSE");
    }

    [Fact]
    public void A_program_that_is_not_in_the_image_is_told()
        => As.User.Run("exec", "--fusemount", "container:no-such-program /mnt", Images.Directory, "true").IsFatal("no-such-program is not in the image");

    [Theory]
    [InlineData("frob:squashfuse_ll x /mnt", "unknown prefix frob")]
    [InlineData("host:squashfuse_ll relative", "no command and absolute mount point")]
    [InlineData("host:no-such-program x /mnt", "fusemount program no-such-program is not on the host")]
    public void What_is_no_fusemount_is_said(string specification, string message)
        => As.User.Run("exec", "--fusemount", specification, Images.Directory, "true").IsFatal(message);

    /// <summary>An image with the host's squashfuse_ll and the libraries that it needs.</summary>
    private static ImageTree WithSquashFuse()
    {
        Need.Program("squashfuse_ll");
        Need.Program("ldd");
        ImageTree image = Images.New().Copy("/bin/squashfuse_ll", "/usr/bin/squashfuse_ll");
        foreach (string word in Host.Run("ldd", "/usr/bin/squashfuse_ll").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith('/'))
            {
                image.Copy(word, word);
            }
        }

        return image;
    }
}

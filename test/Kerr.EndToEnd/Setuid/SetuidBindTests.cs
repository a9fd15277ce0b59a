using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>
/// Requests for mounts are sent before the answers to those before them are there: what comes of them, and who is told when one fails, is what it is without.
/// </summary>
public sealed class SetuidBindTests(SetuidTree tree) : IClassFixture<SetuidTree>
{
    /// <summary>Each letter is a directory of the host with a file `name` that says its letter, and the directory `sub` with one that says it twice.</summary>
    [Theory]
    [InlineData("A:/mnt", "B:/mnt/sub", "C:/mnt/sub/sub")]
    [InlineData("A:/mnt/sub", "B:/mnt", "C:/mnt/sub/sub")]
    [InlineData("A:/mnt", "B:/mnt", "C:/mnt")]
    [InlineData("A:/mnt", "B:/link", "C:/link/sub")]
    [InlineData("A:/link", "B:/mnt/sub", "C:/mnt/sub")]
    [InlineData("A:/mnt", "B:/mnt/up", "C:/mnt/up/sub")]
    [InlineData("A:/mnt", "B:/mnt/../mnt/sub", "C:/mnt/./sub//sub")]
    [InlineData("A:/mnt", "B:/mnt2", "C:/mnt/sub", "A:/mnt2/sub", "B:/mnt3", "C:/mnt4", "A:/mnt5", "B:/mnt6", "C:/mnt7", "A:/mnt8", "B:/mnt9/new", "C:/mnt9/new/sub")]
    [InlineData("A/name:/mnt/file", "B:/mnt", "C/name:/mnt/name")]
    [InlineData("A:/etc", "B:/opt")]
    public void Binds_on_binds_and_through_links_show_what_they_show_in_a_user_namespace(params string[] binds)
    {
        tree.Configure();
        ImageTree image = Images.New().Directory("/mnt").Link("/link", "/mnt").Link("/mnt/up", "sub").Directory("/mnt/sub").File("/mnt/file", "");
        string host = Host.Directory(TestUser.First);
        foreach (string letter in (string[])["A", "B", "C"])
        {
            Host.Write($"{host}/{letter}/name", letter + "\n");
            Host.Write($"{host}/{letter}/sub/name", letter + letter + "\n");
            Directory.CreateDirectory($"{host}/{letter}/sub/sub");
            File.CreateSymbolicLink($"{host}/{letter}/up", "sub");
        }

        string[] words = ["exec", "--no-home"];
        foreach (string bind in binds)
        {
            words = [.. words, "-B", $"{host}/{bind}"];
        }

        words = [.. words, image.Path, "/bin/sh", "-c", "cd /; find mnt* link* opt etc -name name -exec grep -H . {} + 2>/dev/null | sort; sed 's/.* - //' /proc/self/mountinfo | wc -l; cut -d: -f1 /etc/passwd"];

        Result there = tree.User.Run([words[0], "--userns", .. words[1..]]);
        Result here = tree.User.Run(words);

        Assert.Equal(there.Err, here.Err);
        Assert.Equal(there.Out, here.Out);
        Assert.Equal(there.ExitCode, here.ExitCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--pid")]
    [InlineData("--containall")]
    [InlineData("--writable-tmpfs")]
    [InlineData("--underlay")]
    public void A_bind_that_fails_among_many_ends_the_launch_and_is_the_one_that_is_named(string options)
    {
        tree.Configure();
        string host = Host.Directory(TestUser.First), mark = host + "/ran";
        Host.Write(host + "/file", "");
        string[] binds = [];
        for (int i = 0; i < 12; i++)
        {
            binds = [.. binds, "-B", i == 5 ? host + "/file:/srv" : host + $":/mnt/{i}"];
        }

        Result result = tree.User.Run(["exec", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. binds, "-B", host, Images.New().Directory("/srv").Path, "/bin/touch", mark]).Ends(255);

        Assert.Contains("/srv", result.Err, StringComparison.Ordinal);
        Assert.Contains("FATAL", result.Err, StringComparison.Ordinal);
        Assert.DoesNotContain("/mnt", result.Err, StringComparison.Ordinal);
        Assert.False(File.Exists(mark));
    }

    /// <summary>Descriptors on their way count against the user's limit on open files, all launches together.</summary>
    [Fact]
    public void Many_launches_at_once_under_a_low_limit_on_open_files_all_run()
    {
        tree.Configure();
        string host = Host.Directory(TestUser.First), binds = "";
        for (int i = 0; i < 16; i++)
        {
            binds += $" -B {host}:/mnt/{i}";
        }

        Result result = tree.User.Named("/bin/sh").Run(
            "-c", $"ulimit -n 24; for i in $(seq 24); do {tree.Prefix}/bin/kerr exec{binds} {Images.Directory} /bin/echo ran & done; wait").Succeeds();

        Assert.Equal(24, result.Lines.Length);
        Assert.All(result.Lines, static line => Assert.Equal("ran", line));
        Assert.Equal("", result.Err);
    }
}

using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S17: where privilege is given up it is given up for good, at every exec (CVE-2023-38496).</summary>
public class S17_DropTests
{
    [Fact]
    public void The_attack_succeeds_where_nothing_is_given_up()
    {
        As.Root.Named(Programs.Hostile).Run("root").Shows("reached: another id");
        As.Root.Run("exec", "-B", $"{Programs.Hostile}:/hostile", Images.Directory, "/hostile", "root").Shows("reached: another id");
    }

    [Theory]
    [InlineData(Profile.User, "")]
    [InlineData(Profile.User, "-C")]
    [InlineData(Profile.User, "--pid")]
    [InlineData(Profile.User, "--overlay DIRECTORY")]
    [InlineData(Profile.User, "--security uid:1234,gid:1234")]
    [InlineData(Profile.User, "--add-caps all")]
    [InlineData(Profile.Root, "--security uid:1234,gid:1234")]
    [InlineData(Profile.Root, "--security uid:1234,gid:1234:5678")]
    [InlineData(Profile.Root, "--security uid:1234,gid:1234 -C")]
    [InlineData(Profile.Root, "--security uid:1234,gid:1234 --keep-privs")]
    [InlineData(Profile.Root, "--security uid:1234,gid:1234 --add-caps all")]
    public void The_payload_and_the_images_shell_before_it_get_nothing_back(Profile profile, string options)
    {
        string[] words = options.Replace("DIRECTORY", Host.Directory(TestUser.First), StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ImageTree tree = Images.New().Copy("/hostile", Programs.Hostile)
            .Script("/.singularity.d/env/90-environment.sh", "echo \"script $(/hostile root)\" >&2\n");
        foreach (string image in (string[])[tree.Path, tree.Sif()])
        {
            Result result = As.By(profile).Run(["exec", .. words, image, "/hostile", "root"]).Ends(1);
            Assert.StartsWith("refused: ", result.Out, StringComparison.Ordinal);
            result.Warns("script refused: ");
        }
    }

    [Fact]
    public void A_program_of_fusemount_has_no_more_than_the_payload()
    {
        // It takes the file descriptor and does not serve: what matters is as whom it runs.
        string image = Images.New().Copy("/hostile", Programs.Hostile)
            .Script("/server", "#!/bin/sh\n(/hostile root; grep -E '^Cap|^NoNew' /proc/self/status) > /result/of-server\nsleep 1\n").Path;
        string directory = Host.Directory(TestUser.First);
        using Running running = As.User.Start("exec", "-B", $"{directory}:/result", "--fusemount", "container:/server /mnt", image, "sh", "-c",
            "i=0; while [ $(cat /result/of-server 2>/dev/null | wc -l) -lt 7 ] && [ $i -lt 500 ]; do usleep 10000; i=$((i+1)); done");
        running.Wait();
        string[] lines = File.ReadAllLines($"{directory}/of-server");
        Assert.StartsWith("refused: ", lines[0], StringComparison.Ordinal);
        Assert.Equal(7, lines.Length);
        Assert.All(lines[1..6], line => Assert.EndsWith("\t0000000000000000", line, StringComparison.Ordinal));
        Assert.Equal("NoNewPrivs:\t1", lines[6]);
    }

    [Fact]
    public void What_stays_beside_the_payload_has_no_capability_either()
    {
        using Running running = As.User.Start("exec", Images.OwnSif, "sh", "-c", "echo ready; exec sleep 100");
        running.WaitFor("ready");
        int seen = 0;
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (File.ResolveLinkTarget($"{process}/exe", returnFinalTarget: false)?.FullName.StartsWith(Installed + "/libexec", StringComparison.Ordinal) == true)
                {
                    string[] status = File.ReadAllLines($"{process}/status");

                    // Who holds the shared user namespace has rights over it, and none over the host: SharedImageTests.
                    bool holder = Namespace(process) != Namespace("/proc/self");
                    foreach (string set in (string[])["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"])
                    {
                        Assert.True(holder || Array.IndexOf(status, $"{set}\t0000000000000000") >= 0, $"{status[0]} has {set}");
                    }

                    Assert.Contains($"Uid:\t{User}\t{User}\t{User}\t{User}", status);
                    seen++;
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked, or is no process.
            }
        }

        Assert.True(seen >= 1, "no image server was seen");
        running.Signal(15).Wait();
    }

    /// <summary>The tree that users run.</summary>
    protected virtual string Installed => Tree.Root;

    private static string? Namespace(string process) => File.ResolveLinkTarget($"{process}/ns/user", returnFinalTarget: false)?.Name;

    private static uint User => TestUser.First.Uid;
}

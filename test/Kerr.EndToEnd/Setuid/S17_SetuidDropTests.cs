using System;
using System.Globalization;
using System.IO;
using System.Linq;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>S17: in every process that is executed or stays, privilege is gone for good (CVE-2023-38496).</summary>
public sealed class S17_SetuidDropTests(SetuidTree tree) : IClassFixture<SetuidTree>
{
    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    public void The_payload_and_all_processes_of_a_launch_are_the_users(string options)
    {
        using Running running = tree.User.Start(["exec", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), Images.OwnSif, "/bin/sh", "-c", "echo here; exec sleep 20"]);
        running.WaitFor("here");

        int found = 0;
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            string[] status = [];
            try
            {
                status = char.IsAsciiDigit(directory[6]) ? File.ReadAllLines(directory + "/status") : [];
            }
            catch (IOException)
            {
                continue; // it ended
            }

            string session = status.Length == 0 ? "" : File.ReadAllText(directory + "/cmdline");
            bool ours = session.Contains("sleep\020", StringComparison.Ordinal) || session.Contains(tree.Prefix, StringComparison.Ordinal)
                || directory == $"/proc/{running.Pid.ToString(CultureInfo.InvariantCulture)}";
            if (!ours)
            {
                continue;
            }

            found++;
            string id = TestUser.First.Uid.ToString(CultureInfo.InvariantCulture), group = TestUser.First.Gid.ToString(CultureInfo.InvariantCulture);
            Assert.Contains($"Uid:\t{id}\t{id}\t{id}\t{id}", status);
            Assert.Contains($"Gid:\t{group}\t{group}\t{group}\t{group}", status);
            Assert.All(status.Where(static line => line.StartsWith("Cap", StringComparison.Ordinal)), static line => Assert.EndsWith("\t0000000000000000", line, StringComparison.Ordinal));
            Assert.Contains("NoNewPrivs:\t1", status);
        }

        Assert.InRange(found, 2, 5); // the payload and its image server at least
    }

    [Fact]
    public void Set_uid_programs_inside_and_of_the_host_gain_nothing()
    {
        ImageTree image = Images.New().Copy("/bin/busybox-suid", "/bin/busybox");
        File.SetUnixFileMode(image.Path + "/bin/busybox-suid", (UnixFileMode)0x9ED); // 04755
        string id = TestUser.First.Uid.ToString(CultureInfo.InvariantCulture);
        string script = "/bin/busybox-suid id -u; grep -c . /host/etc/shadow || true; /host/usr/bin/su -c id root </dev/null >/dev/null 2>&1 && echo root";
        Result result = tree.User.Run("exec", "-B", "/:/host", image.Path, "/bin/sh", "-c", script);
        Assert.StartsWith(id + "\n", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("root", result.Out, StringComparison.Ordinal);
    }
}

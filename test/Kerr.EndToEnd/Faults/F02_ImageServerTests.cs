using System;
using System.Globalization;
using System.IO;
using System.Threading;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F02, F03: the image server's end, and ends that are not its own. (What stays is looked for after each test.)</summary>
public class F02_ImageServerTests
{
    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Fakeroot)]
    public void When_it_is_killed_the_payload_gets_errors_and_the_next_launch_works(Profile profile)
    {
        string line = "echo ready; while [ ! -e /tmp/$0 ]; do /bin/busybox sleep 0.02; done; ls /usr/bin || exit 9; echo after";
        string mark = $"kerr-{Guid.NewGuid():N}";
        using Running running = As.By(profile).Start("exec", Images.Sif, "sh", "-c", line, mark);
        running.WaitFor("ready");
        Assert.Equal(1, Kill(Images.Sif));
        string flag = Host.Write($"/tmp/{mark}", "");
        Result result = running.Wait();
        File.Delete(flag);

        // What was read before is in the page cache. What was not says why it cannot be read, or is a bus error where it is a program's own page.
        Assert.True(result.ExitCode == 9 && (result.Err.Contains("connect", StringComparison.Ordinal) || result.Err.Contains("Bus error", StringComparison.Ordinal)), result.ToString());
        As.By(profile).Run("exec", Images.Sif, "echo", "served again").Prints("served again");
    }

    [Fact]
    public void A_child_in_the_background_keeps_it_and_is_the_last_that_needs_it()
    {
        As.User.Run("exec", Images.Sif, "sh", "-c", "(sleep 0.5; cat /etc/passwd >/dev/null) >/dev/null 2>&1 & echo started").Prints("started");
        for (int i = 0; i < 400 && Servers(Images.Sif) > 0; i++)
        {
            Thread.Sleep(10);
        }

        Assert.Equal(0, Servers(Images.Sif));
    }

    [Fact]
    public void A_damaged_image_gives_errors_where_it_is_damaged()
    {
        byte[] bytes = File.ReadAllBytes(Images.Sif);
        string damaged = Path.Combine(Host.Directory(), "damaged.sif");

        // The program's blocks are behind the partition's superblock; tables of files and directories are at the end.
        bytes.AsSpan(40_000, 200_000).Fill(0x55);
        File.WriteAllBytes(damaged, bytes);
        File.SetUnixFileMode(damaged, Modes.Readable);

        Result result = As.User.Run("exec", damaged, "/bin/busybox", "true");

        Assert.Equal(255, result.ExitCode);
        Assert.StartsWith("FATAL:   ", result.Err, StringComparison.Ordinal);
        Assert.Equal(0, Servers(damaged));
    }

    private static int Servers(string image) => Find(image, static _ => { });

    private static int Kill(string image) => Find(image, static pid => Host.Run("kill", "-9", pid));

    // The servers that have the image open.
    private static int Find(string image, Action<string> found)
    {
        int count = 0;
        foreach (string process in Directory.GetDirectories("/proc"))
        {
            string pid = Path.GetFileName(process);
            try
            {
                if (int.TryParse(pid, CultureInfo.InvariantCulture, out _) && File.ReadAllText(process + "/comm").StartsWith("kerr-image", StringComparison.Ordinal))
                {
                    foreach (string descriptor in Directory.GetFiles(process + "/fd"))
                    {
                        if (new FileInfo(descriptor).LinkTarget == image)
                        {
                            count++;
                            found(pid);
                            break;
                        }
                    }
                }
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return count;
    }
}

using System.IO;
using System.Linq;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>`--unsquash`, `--tmp-sandbox`, `--no-tmp-sandbox`: an image that runs from a directory which goes with the launch.</summary>
public class UnsquashTests
{
    private const string NoFuse = Input.FuseDeviceTests.Without;

    private readonly string temporary = Host.Directory(TestUser.First);

    public UnsquashTests() => Need.Program("unsquashfs");

    private Caller User => As.User.With($"TMPDIR={temporary}");

    private string[] Left => [.. Directory.EnumerateFileSystemEntries(temporary).Select(static path => Path.GetFileName(path))];

    [Theory]
    [InlineData(Profile.User, "--unsquash", "")]
    [InlineData(Profile.User, "--tmp-sandbox", "-C")]
    [InlineData(Profile.Fakeroot, "--unsquash", "")]
    [InlineData(Profile.Root, "--unsquash", "")]
    public void Runs_from_a_directory_that_is_gone_afterwards(Profile profile, string option, string more)
    {
        string mine = Host.Directory(profile == Profile.Root ? null : TestUser.First);
        Result result = As.By(profile).With($"APPTAINER_TMPDIR={mine}").Run(
            ["exec", option, .. more.Split(' ', System.StringSplitOptions.RemoveEmptyEntries), Images.Sif, "sh", "-c", "head -1 /etc/os-release; grep -c squash /proc/self/mounts"]);

        result.Ends(1).Warns("Converting SIF file to temporary sandbox...");
        Assert.Equal("ID=busybox-test\n0\n", result.Out);
        AssertEmpty(mine);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Goes_when_the_payload_or_the_launch_is_killed(bool early)
    {
        using Running running = User.Start("exec", "--unsquash", Images.Sif, "sh", "-c", "echo ready; sleep 30");
        if (early)
        {
            for (int round = 0; Left.Length == 0 && round < 1000; round++)
            {
                System.Threading.Thread.Sleep(1);
            }
        }
        else
        {
            running.WaitFor("ready");
            Assert.Single(Left);
        }

        running.Signal(9);
        running.Wait().EndsBySignal(9);
        AssertEmpty(temporary);
    }

    [Fact]
    public void Goes_when_the_launch_is_killed_at_any_moment()
    {
        int seed = System.Random.Shared.Next();
        var random = new System.Random(seed);
        for (int i = 0; i < Faults.Rounds.Of(20); i++)
        {
            using Running running = User.Start("exec", "--unsquash", Images.Sif, "sleep", "30");
            System.Threading.Thread.Sleep(random.Next(0, 60));
            running.Signal(9);
            Assert.True(running.Wait().Signal == 9, $"seed {seed}");
        }

        AssertEmpty(temporary);
    }

    [Fact]
    public void What_a_killed_keeper_left_the_next_launch_removes()
    {
        using (Running running = User.Start("exec", "--unsquash", Images.Sif, "sh", "-c", "echo ready; sleep 30"))
        {
            running.WaitFor("ready");
            Host.Run("pkill", "-9", "-f", $"sandbox-keeper {temporary}/");
            running.Signal(9);
            running.Wait().EndsBySignal(9);
        }

        Assert.Single(Left);
        User.Run("exec", "--unsquash", Images.Sif, "true").Succeeds();
        AssertEmpty(temporary);
    }

    [Fact]
    public void One_launch_does_not_remove_anothers()
    {
        using Running running = User.Start("exec", "--unsquash", Images.Sif, "sh", "-c", "echo ready; sleep 30");
        running.WaitFor("ready");
        string first = Assert.Single(Left);
        User.Run("exec", "--unsquash", Images.Sif, "true").Succeeds();
        Assert.True(File.Exists($"{temporary}/{first}/{Path.GetFileName(Images.Sif)}/etc/os-release"));
        running.Signal(9);
        running.Wait();
        AssertEmpty(temporary);
    }

    [Fact]
    public void The_keeper_holds_nothing_of_the_callers()
    {
        using Running running = User.Under("/bin/sh", "-c", $"exec \"$@\" 7<{Images.Sif}", "sh").Start("exec", "--unsquash", Images.Sif, "sh", "-c", "echo ready; sleep 30");
        running.WaitFor("ready");
        string keeper = Host.Run("pgrep", "-f", $"sandbox-keeper {temporary}/").Trim();
        string[] open = [.. Directory.EnumerateFiles($"/proc/{keeper}/fd").Select(static path => new FileInfo(path).LinkTarget!)];
        string session = File.ReadAllText($"/proc/{keeper}/stat").Split(") ")[1].Split(' ')[3];

        Assert.DoesNotContain(open, target => target.StartsWith(Images.Sif, System.StringComparison.Ordinal));
        Assert.Equal(["/dev/null", "/dev/null", "/dev/null"], open.Where(static target => target == "/dev/null"));
        Assert.Equal("/", new FileInfo($"/proc/{keeper}/cwd").LinkTarget);
        Assert.Equal(keeper, session);
        running.Signal(9);
        running.Wait();
    }

    [Theory]
    [InlineData(NoFuse, "this host has no /dev/fuse")]
    [InlineData(NoFuse + "\nmknod -m 600 /dev/fuse c 10 229", "/dev/fuse is closed to this user")]
    public void A_host_that_cannot_mount_images_unpacks_them_and_says_so(string host, string why)
    {
        User.OnHost(host).Run("exec", Images.Sif, "head", "-1", "/etc/os-release").Ends(0).Shows("ID=busybox-test").Warns(why).Warns("MB packed");
        User.OnHost(host).Run("exec", "--no-tmp-sandbox", Images.Sif, "true").IsFatal("/dev/fuse");
        AssertEmpty(temporary);
    }

    [Fact]
    public void A_place_that_is_too_small_is_told_and_left_empty()
    {
        string small = Host.Directory();
        string mount = $"mount -t tmpfs -o size=256k,uid={TestUser.First.Uid},mode=0700 none {small}";

        As.User.OnHost(mount).With($"TMPDIR={small}").Run("exec", "--unsquash", Images.Sif, "true")
            .IsFatal($"no space is left in {small}").Warns("--tmpdir");
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_told()
        => As.User.With("TMPDIR=/no/such").Run("exec", "--unsquash", Images.Sif, "true").IsFatal("cannot make a temporary sandbox: mkdir /no/such/kerr-sandbox-").Warns("--tmpdir");

    [Fact]
    public void Options_that_contradict_each_other_are_refused()
        => User.Run("exec", "--unsquash", "--no-tmp-sandbox", Images.Sif, "true").IsFatal("contradict");

    [Fact]
    public void A_plan_that_is_only_looked_at_unpacks_nothing()
    {
        User.Run("explain", "exec", "--unsquash", Images.Sif, "true").Shows("temporary sandbox");
        Assert.Empty(Left);
    }

    private static void AssertEmpty(string directory)
    {
        for (int round = 0; Directory.EnumerateFileSystemEntries(directory).Any() && round < 300; round++)
        {
            System.Threading.Thread.Sleep(10);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(directory));
    }
}

using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>
/// The /proc of a new PID namespace shows nothing that the host's hides. In a user namespace the kernel sees to that (mount_too_revealing); the setuid mode judges as
/// it does.
/// </summary>
public sealed class CoveredProcessesTests(SetuidTree tree) : IClassFixture<SetuidTree>
{
    private readonly string directory = Host.Directory();

    [Theory]
    [InlineData("mount --bind DIR/cover /proc/version")]
    [InlineData("mount -t tmpfs none /proc/sys/kernel")]
    [InlineData("mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys")]
    [InlineData("mkdir -p DIR/top; mount -t proc proc DIR/top; mount --bind DIR/cover DIR/top/version; mount --move DIR/top /proc")] // its line in mountinfo comes later
    [InlineData("mount -t proc -o subset=pid proc /proc")]
    public void Where_a_part_is_hidden_no_new_one_is_mounted(string script)
    {
        tree.Configure();
        Caller user = OnHost(script);
        foreach (string[] mode in (string[][])[[], ["--userns"]])
        {
            // That the kernel lets a user namespace look behind subset=pid is not for us to repeat.
            bool kernelMay = mode.Length > 0 && script.Contains("subset", StringComparison.Ordinal);
            Result result = user.Run(["exec", .. mode, "--pid", Images.Directory, "/bin/cat", "/proc/version"]);
            Assert.True(kernelMay || result.ExitCode == 255, result.ToString());
            if (!kernelMay)
            {
                result.IsFatal("cannot mount a /proc of the new PID namespace");
                result.Warns("this host hides parts of its own /proc");
            }
        }

        user.Run("exec", "--no-mount", "proc", "--pid", Images.Directory, "/bin/echo", "ran").Prints("ran");
    }

    [Fact]
    public void What_is_covered_stays_so_without_a_PID_namespace_and_verbose_names_it()
    {
        tree.Configure();
        Caller user = OnHost("mount --bind DIR/cover /proc/version");
        user.Run("exec", Images.Directory, "/bin/cat", "/proc/version").Prints("covered");
        user.Run("--verbose", "exec", "--pid", Images.Directory, "/bin/true").Ends(255).Warns("The host covers a part of its /proc: /proc/version\n");
    }

    [Theory]
    [InlineData("true", "nosuid,nodev,noexec")]
    [InlineData("mount -t proc -o hidepid=2 proc /proc", "hidepid=invisible")]
    [InlineData("mount -t proc -o hidepid=1 proc /proc", "hidepid=noaccess")]
    [InlineData("mount -o remount,ro,bind /proc", "/proc ro,")]
    [InlineData("mount -t tmpfs none /proc/sys/fs/binfmt_misc", "nosuid,nodev,noexec")] // empty for ever, as the kernel made it
    public void What_its_options_hide_stays_hidden(string script, string seen)
    {
        if (script.Contains("binfmt", StringComparison.Ordinal) && !Directory.Exists("/proc/sys/fs/binfmt_misc"))
        {
            Need.Missing("binfmt_misc");
        }

        tree.Configure();
        Result result = OnHost(script).Run("exec", "-C", Images.Directory, "/bin/sh", "-c", "grep ' /proc ' /proc/self/mountinfo; cat /proc/version >/dev/null && ls /proc | grep -c '^[0-9]*$'");
        Assert.Contains(seen, result.Succeeds().Lines[0], StringComparison.Ordinal);
        Assert.InRange(int.Parse(result.Lines[^1], null), 2, 5);
    }

    private Caller OnHost(string script)
    {
        Host.Write(directory + "/cover", "covered\n");
        return tree.User.OnHost(script.Replace("DIR", directory, StringComparison.Ordinal));
    }
}

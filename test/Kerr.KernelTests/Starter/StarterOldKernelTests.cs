using System;
using System.IO;
using Kerr.Plan;
using Xunit;

namespace Kerr.KernelTests.Starter;

/// <summary>
/// Kernels that lack the calls the starter likes best, imitated by a tracer that answers ENOSYS: the payload sees the same, and
/// may do no more.
/// </summary>
public sealed class StarterOldKernelTests : IClassFixture<StarterHost>
{
    private const string Look = """
        cat /a/file /b
        echo x > /b; touch /x /etc/x; touch /a/new && echo written
        while read -r a b c root point options rest; do case $point in /proc*) ;; *) echo "$point $options"; esac; done < /proc/self/mountinfo | sort
        cat /etc/group
        grep NoNewPrivs /proc/self/status
        """;

    private readonly StarterHost host;
    private readonly string source;
    private readonly string traceFile;

    public StarterOldKernelTests(StarterHost host)
    {
        this.host = host;
        source = Directory.CreateDirectory(Path.Combine(host.Folder, Path.GetRandomFileName())).FullName;
        traceFile = Path.Combine(source, "trace");
        File.SetUnixFileMode(source, (UnixFileMode)0x1FF);
        File.WriteAllText(Path.Combine(source, "file"), "from the host\n");
    }

    [Theory]
    [InlineData(RootFlags.Overlay, "4.18", "open_tree,move_mount,fsopen,fsconfig,fsmount,mount_setattr,openat2,close_range")]
    [InlineData(RootFlags.Underlay, "4.18", "open_tree,move_mount,fsopen,fsconfig,fsmount,mount_setattr,openat2,close_range")]
    [InlineData(RootFlags.Bind, "4.18", "open_tree,move_mount,fsopen,fsconfig,fsmount,mount_setattr,openat2,close_range")]
    [InlineData(RootFlags.Overlay, "5.4", "mount_setattr,openat2,close_range")]
    [InlineData(RootFlags.Underlay, "5.10", "mount_setattr")]
    public void A_launch_is_the_same_on_a_kernel_of(ulong way, string kernel, string missing)
    {
        StarterHost.Need();
        Kerr.Tests.Need.Program("strace");
        StarterResult today = host.Run(Plan(way));
        File.Delete(Path.Combine(source, "new"));

        StarterResult then = host.Run(Plan(way), "strace", "-qq", "-o", traceFile, "-e", $"inject={missing}:error=ENOSYS");

        Assert.Contains("written", today.Output, StringComparison.Ordinal);
        Assert.NotEqual(kernel, System.Environment.OSVersion.Version.ToString(2)); // there the imitation would prove nothing
        Assert.Equal((today.ExitCode, today.Output, today.Errors), (then.ExitCode, then.Output, then.Errors));
    }

    [Fact]
    public void Where_the_root_cannot_be_moved_it_is_left_by_chroot()
    {
        StarterHost.Need();
        Kerr.Tests.Need.Program("strace");
        const string script = "echo /*; cd /..; pwd; touch /x; unshare -U true 2>/dev/null || echo locked in";

        StarterResult usual = host.Run(new Launches(host.Image).Shell(script));
        StarterResult initramfs = host.Run(new Launches(host.Image).Shell(script), "strace", "-qq", "-o", traceFile, "-e", "inject=pivot_root:error=EINVAL");

        Assert.Equal(usual.Output.Split("locked in")[0], initramfs.Output.Split("locked in")[0]);
        Assert.Contains("locked in", initramfs.Output, StringComparison.Ordinal); // a new user namespace would bring chroot back
    }

    private byte[] Plan(ulong way)
    {
        foreach (string folder in (string[])["a", "proc"])
        {
            Directory.CreateDirectory(Path.Combine(host.Image, folder));
        }

        File.WriteAllText(Path.Combine(host.Image, "b"), "");
        return new Launches(host.Image)
        {
            RootFlags = way | RootFlags.UserXattr | RootFlags.NoSuid | RootFlags.NoDev,
            Mounts = plan => plan
                .Add(StepKind.Mount, "/proc", "/proc", flags: Launches.HostBind)
                .Add(StepKind.Mount, source, "/a", flags: Launches.HostBind)
                .Add(StepKind.Mount, source + "/file", "/b", flags: Launches.HostBind | MountFlags.ReadOnly)
                .Add(StepKind.Group, "/etc/group", "group", plan.Vector("me:x:5:"))
                .Add(StepKind.Mount, "group", "/etc/group", flags: MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.NoSuid | MountFlags.NoDev),
        }.Shell(Look);
    }
}

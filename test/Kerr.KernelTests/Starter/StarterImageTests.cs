using System;
using System.Diagnostics;
using System.IO;
using Kerr.Plan;
using Xunit;

namespace Kerr.KernelTests.Starter;

/// <summary>Images that are files: over a loop device for root, by a FUSE server for everybody else.</summary>
public sealed class StarterImageTests : IClassFixture<StarterHost>
{
    private const int Image = 7, Fuse = 50, BeforeTheImage = 8192;
    private readonly StarterHost host;
    private readonly string file;

    public StarterImageTests(StarterHost host)
    {
        this.host = host;
        file = Path.Combine(host.Folder, "image.sqfs");
    }

    [Fact]
    public void A_FUSE_server_serves_the_image_and_ends_with_the_last_user()
    {
        NeedFuse();
        var residue = new Residue();

        StarterResult result = host.Run(Served("/usr/bin/squashfuse_ll", "cat /etc/group; touch /x; for fd in /proc/$$/fd/*; do readlink $fd; done; echo; exit 6"), Open());

        Assert.Equal((6, "touch: /x: Read-only file system\n"), (result.ExitCode, result.Errors));
        Assert.StartsWith("root:x:0:\nbin:x:1:\n", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("fuse", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(file, result.Output, StringComparison.Ordinal);
        residue.AssertNone();
        AssertNoServer();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_server_is_seen_while_it_serves_and_gone_afterwards(bool ours)
    {
        NeedFuse();
        string[] ask = ["/usr/bin/squashfuse_ll", "-f", "-o", $"offset={BeforeTheImage}", $"/proc/self/fd/{Image}", $"/dev/fd/{Fuse}"];
        if (ours)
        {
            ask = [OurServer(), $"fuse={Fuse}", $"image={Image}", $"offset={BeforeTheImage}", $"length={new FileInfo(file).Length - BeforeTheImage}"];
        }

        using Process process = host.Start(Served("cat /etc/group; cat", ours ? FuseServerFlags.Confined : 0, 0, ask), [.. TestUser.Command, .. Open()]);
        Assert.Equal("root:x:0:", process.StandardOutput.ReadLine());
        Assert.NotEqual("", Servers());
        process.StandardInput.Close();

        Assert.Equal(0, StarterHost.Finish(process).ExitCode);
        AssertNoServer();
    }

    [Fact]
    public void A_process_outside_waits_for_the_servers_and_ends_as_the_payload_did()
    {
        NeedFuse();
        var residue = new Residue();
        string slow = Path.Combine(host.Folder, "slow-server");
        string mark = Path.Combine(host.Folder, "trace-of-server");
        File.WriteAllText(slow, $"#!/bin/sh\n/usr/bin/squashfuse_ll \"$@\"\nsleep 0.3\necho written > {mark}\n");
        File.SetUnixFileMode(slow, (UnixFileMode)0x1ED);
        File.WriteAllText(mark, "");
        File.SetUnixFileMode(mark, (UnixFileMode)0x1B6);

        StarterResult result = host.Run(Served(slow, "exit 6", InitFlags.Outside), Open());

        Assert.Equal((6, ""), (result.ExitCode, result.Errors));
        Assert.Equal("written\n", File.ReadAllText(mark));
        residue.AssertNone();
    }

    [Fact]
    public void A_server_that_refuses_to_merge_ends_the_launch()
    {
        NeedFuse();
        var residue = new Residue();
        (int uid, int gid) = Launches.UserIds();
        PlanBuilder plan = new();
        plan.Add(StepKind.FuseServer, data: plan.Vector("/bin/false"), number: Fuse)
            .Add(StepKind.Unshare, $"{uid} {uid} 1\n", $"{gid} {gid} 1\n", flags: Launches.Mount | Launches.Users, number: 1)
            .Add(StepKind.Session)
            .Add(StepKind.Directory, target: "image", number: 0x1ED)
            .Add(StepKind.Directory, target: "upper", number: 0x1ED)
            .Add(StepKind.Directory, target: "work", number: 0x1ED)
            .Add(StepKind.Root, "image", $"rootmode=40000,user_id={uid},group_id={gid}", extra: plan.Text("upper"), more: plan.Text("work"),
                flags: RootFlags.Overlay | RootFlags.UserXattr | RootFlags.FuseOverlay | RootFlags.Writable, failures: plan.Failures((107, "it refused", null)))
            .Add(StepKind.Exec, data: plan.Candidates(("/bin/sh", ["sh"], 0)));

        StarterResult result = host.Run(plan.Build());

        Assert.Equal(255, result.ExitCode);
        Assert.StartsWith("FATAL:   it refused: ", result.Errors, StringComparison.Ordinal);
        residue.AssertNone();
    }

    [Theory]
    [InlineData("/no/such/server")]
    [InlineData("/bin/false")]
    public void A_server_that_does_not_serve_ends_the_launch_with_a_message(string server)
    {
        NeedFuse();
        var residue = new Residue();

        StarterResult result = host.Run(Served(server, "true"), Open());

        Assert.Equal(255, result.ExitCode);
        Assert.StartsWith("FATAL:   ", result.Errors, StringComparison.Ordinal);
        residue.AssertNone();
    }

    [Fact]
    public void Our_own_server_is_confined()
    {
        NeedFuse();
        var residue = new Residue();
        string server = OurServer();

        // Not those of earlier launches that have ended, and that nobody has waited for yet.
        const string Looks = "for p in /proc/[0-9]*/status; do grep -q ^Name:.kerr-image-serv $p && ! grep -q ^State:.Z $p && grep -E '^(CapEff|CapPrm|NoNewPrivs|Seccomp):' $p; done";

        StarterResult result = host.Run(
            Served($"cat /etc/group; {Looks}", server, $"fuse={Fuse}", $"image={Image}", $"offset={BeforeTheImage}", $"length={new FileInfo(file).Length - BeforeTheImage}"),
            Open());

        Assert.Equal(
            "root:x:0:\nbin:x:1:\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n", result.Output);
        residue.AssertNone();
        AssertNoServer();
    }

    [Fact]
    public void A_confined_server_reaches_no_file_by_name()
    {
        NeedFuse();
        string told = Path.Combine(host.Folder, "told");
        File.WriteAllText(told, "");
        File.SetUnixFileMode(told, (UnixFileMode)0x1B6);
        string script = $"read -r line < /etc/hostname && echo read >&{Image}; echo line > {told}.more && echo written >&{Image}; /bin/busybox true && echo executed >&{Image}; echo done >&{Image}";

        host.Run(Served("true", "/bin/busybox", "sh", "-c", script), Open($"{Image}<>{told}"));

        for (int i = 0; i < 100 && !File.ReadAllText(told).Contains("done", StringComparison.Ordinal); i++)
        {
            System.Threading.Thread.Sleep(10);
        }

        // The program itself may be executed, as it has to be; nothing else.
        Assert.Equal("executed\ndone\n", File.ReadAllText(told));
    }

    [Fact]
    public void A_waiting_server_ends_with_a_launch_that_fails()
    {
        NeedFuse();
        var residue = new Residue();
        PlanBuilder plan = new PlanBuilder { Descriptors = [Image] };
        plan.Add(StepKind.FuseServer, data: plan.Vector("/usr/bin/squashfuse_ll", "-f"), more: plan.Numbers(Image), number: Fuse)
            .Add(StepKind.JoinNamespace, "/no/such", flags: Launches.Mount)
            .Add(StepKind.Exec, data: plan.Candidates(("/bin/true", ["true"], 0)));

        Assert.Equal(255, host.Run(plan.Build(), Open()).ExitCode);
        residue.AssertNone();
    }

    [Fact]
    public void Root_mounts_an_image_at_an_offset_over_a_loop_device_that_goes_with_the_launch()
    {
        NeedImage();
        if (!File.Exists("/dev/loop-control"))
        {
            Kerr.Tests.Need.Missing("/dev/loop-control");
        }

        string devices = LoopDevices();
        var residue = new Residue();
        var plan = new PlanBuilder { Descriptors = [Image], Flags = 0 };
        plan.Add(StepKind.Unshare, flags: Launches.Mount)
            .Add(StepKind.Session)
            .Add(StepKind.Directory, target: "image", number: 0x1ED)
            .Add(
                StepKind.MountImage, target: "image", data: plan.Text("squashfs"), flags: MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev,
                number: Image, number2: BeforeTheImage, number3: (ulong)(new FileInfo(file).Length - BeforeTheImage))
            .Add(StepKind.Root, "image", flags: RootFlags.Overlay | RootFlags.NoSuid | RootFlags.NoDev)
            .Add(StepKind.Mount, "/proc", "/proc", flags: Launches.HostBind)
            .Add(StepKind.Enter)
            .Add(
                StepKind.Privileges, flags: PrivilegeFlags.NoNewPrivileges | PrivilegeFlags.DropCapabilities | PrivilegeFlags.SetIds,
                number3: 1234 | (5678UL << 32), data: plan.Numbers(91, 92))
            .Add(StepKind.Exec, data: plan.Candidates(("/bin/sh", ["sh", "-c", "id; cat /etc/group; grep -E '^(Cap|NoNew|Groups)' /proc/self/status"], 0)), extra: plan.Vector("PATH=/bin"));

        StarterResult result = host.RunAs(plan.Build(), Open());

        Assert.Equal(
            """
            uid=1234 gid=5678 groups=91,92
            root:x:0:
            bin:x:1:
            Groups:	91 92 
            CapInh:	0000000000000000
            CapPrm:	0000000000000000
            CapEff:	0000000000000000
            CapBnd:	0000000000000000
            CapAmb:	0000000000000000
            NoNewPrivs:	1

            """,
            result.Output);
        residue.AssertNone();
        Assert.Equal(devices, LoopDevices());
    }

    private static string[] Open(string redirection) => ["bash", "-c", $"exec {redirection}; exec \"$@\"", "bash"];

    // By command line: of a process's name the kernel keeps 15 characters.
    private static string Servers()
    {
        using Process found = Process.Start(new ProcessStartInfo("pgrep", ["-f", "-u", TestUser.Name, "squashfuse_ll|kerr-image-server"]) { RedirectStandardOutput = true })!;
        return found.StandardOutput.ReadToEnd();
    }

    private static void AssertNoServer()
    {
        for (int i = 0; i < 1000; i++)
        {
            if (Servers().Length == 0)
            {
                return;
            }

            System.Threading.Thread.Sleep(10);
        }

        Assert.Fail("the image server outlives its launch");
    }

    private static string LoopDevices()
    {
        using Process process = Process.Start(new ProcessStartInfo("losetup", ["-a"]) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd();
    }

    private string[] Open() => Open($"{Image}<{file}");

    /// <summary>A copy of the image server that the test user can execute.</summary>
    private string OurServer()
    {
        ImageServer.MountedImage.Need();
        string server = Path.Combine(host.Folder, "kerr-image-server");
        File.Copy(ImageServer.MountedImage.Program, server, overwrite: true);
        File.SetUnixFileMode(server, (UnixFileMode)0x1ED);
        return server;
    }

    /// <summary>A launch whose image a FUSE server serves.</summary>
    private static byte[] Served(string server, string script, ulong fork = 0)
        => Served(script, 0, fork, server, "-f", "-o", $"offset={BeforeTheImage}", $"/proc/self/fd/{Image}", $"/dev/fd/{Fuse}");

    private static byte[] Served(string script, params string[] server) => Served(script, FuseServerFlags.Confined, 0, server);

    private static byte[] Served(string script, ulong how, ulong fork, params string[] server)
    {
        (int uid, int gid) = Launches.UserIds();
        PlanBuilder plan = new PlanBuilder { Descriptors = [Image] };
        plan.Add(
                StepKind.FuseServer, data: plan.Vector(server), more: plan.Numbers(Image), flags: how, number: Fuse);
        if (fork != 0)
        {
            plan.Add(StepKind.Fork, flags: fork);
        }

        plan.Add(StepKind.Unshare, $"{uid} {uid} 1\n", $"{gid} {gid} 1\n", flags: Launches.Mount | Launches.Users, number: 1)
            .Add(StepKind.Session)
            .Add(StepKind.Directory, target: "image", number: 0x1ED)
            .Add(
                StepKind.MountFuse, target: "image", data: plan.Text($"rootmode=40000,user_id={uid},group_id={gid}"),
                flags: MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev, number: Fuse)
            .Add(StepKind.Root, "image", flags: RootFlags.Overlay | RootFlags.UserXattr | RootFlags.NoSuid | RootFlags.NoDev, failures: plan.Failures((0, "no root from this image", null)))
            .Add(StepKind.Mount, "/proc", "/proc", flags: Launches.HostBind)
            .Add(StepKind.Enter)
            .Add(StepKind.Privileges, flags: PrivilegeFlags.NoNewPrivileges | PrivilegeFlags.DropCapabilities)
            .Add(StepKind.Exec, data: plan.Candidates(("/bin/sh", ["sh", "-c", script], 0)), extra: plan.Vector("PATH=/bin"));
        return plan.Build();
    }

    private void NeedFuse()
    {
        NeedImage();
        Kerr.Tests.Need.Program("squashfuse_ll");
        if (!File.Exists("/dev/fuse") || (File.GetUnixFileMode("/dev/fuse") & UnixFileMode.OtherWrite) == 0)
        {
            Kerr.Tests.Need.Missing("/dev/fuse, open to users");
        }
    }

    private void NeedImage()
    {
        StarterHost.Need();
        Kerr.Tests.Need.Program("mksquashfs");
        if (!File.Exists(file))
        {
            using Process process = Process.Start("mksquashfs", [host.Image, file, "-quiet", "-no-progress", "-offset", $"{BeforeTheImage}"]);
            process.WaitForExit();
            File.SetUnixFileMode(file, (UnixFileMode)0x1A4);
        }
    }
}

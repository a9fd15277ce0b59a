using System;
using System.IO;
using Kerr.Plan;
using Xunit;

namespace Kerr.KernelTests.Starter;

/// <summary>What the payload sees as its root, in each of the three ways of making it.</summary>
public sealed class StarterRootTests : IClassFixture<StarterHost>
{
    private const ulong Common = RootFlags.UserXattr | RootFlags.NoSuid | RootFlags.NoDev;
    private readonly StarterHost host;
    private readonly string source;

    public StarterRootTests(StarterHost host)
    {
        this.host = host;
        source = Directory.CreateDirectory(Path.Combine(host.Folder, Path.GetRandomFileName())).FullName;
        File.SetUnixFileMode(source, (UnixFileMode)0x1FF);
        File.WriteAllText(Path.Combine(source, "file"), "from the host\n");
    }

    public static TheoryData<ulong> Layers => [RootFlags.Overlay | Common, RootFlags.Underlay | Common];

    public static TheoryData<ulong> Ways => [RootFlags.Overlay | Common, RootFlags.Underlay | Common, RootFlags.Bind | Common];

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_root_cannot_be_written(ulong way)
    {
        StarterResult result = Shell(way, null, "touch /x /bin/x /tmp/x; echo code $?");

        Assert.Equal("code 1\n", result.Output);
        Assert.Equal(3, result.Errors.Split("Read-only file system").Length - 1);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Nothing_of_the_host_is_left_in_the_mount_table(ulong way)
    {
        StarterResult result = Shell(way, plan => plan.Add(StepKind.Mount, "/proc", "/proc", flags: Launches.HostBind), """
            while read -r a b c root point options rest; do case $point in /proc*) ;; *) echo "$point $options"; esac; done < /proc/self/mountinfo
            """);

        Assert.Equal(0, result.ExitCode);
        Assert.All(
            result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.Matches("^/[a-z]* ro,nosuid,nodev", line)); // the root, and with underlay its entries
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Missing_targets_are_made_files_for_files_and_directories_for_directories(ulong way)
    {
        StarterResult result = Shell(
            way,
            plan => plan
                .Add(StepKind.Mount, source, "/usr/local/deep/down", flags: Launches.HostBind)
                .Add(StepKind.Mount, source + "/file", "/new/name", flags: Launches.HostBind),
            "cat /usr/local/deep/down/file /new/name; stat -c '%F %a' /usr /usr/local/deep /new /new/name; ls /usr");

        Assert.Equal(("from the host\nfrom the host\ndirectory 755\ndirectory 755\ndirectory 755\nregular file 644\nlocal\n", ""), (result.Output, result.Errors));
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Directories_in_which_something_is_made_keep_their_mode_and_entries(ulong way)
    {
        string folder = Path.Combine(host.Image, "opt");
        Directory.CreateDirectory(folder, (UnixFileMode)0x1ED);
        File.SetUnixFileMode(folder, (UnixFileMode)0x1FD); // 0775
        File.WriteAllText(Path.Combine(folder, "kept"), "");
        if (!File.Exists(folder + "/link"))
        {
            File.CreateSymbolicLink(folder + "/link", "kept");
        }

        StarterResult result = Shell(
            way, plan => plan.Add(StepKind.Mount, source, "/opt/new", flags: Launches.HostBind), "stat -c %a /opt; ls /opt; readlink /opt/link");

        Assert.Equal(("775\nkept\nlink\nnew\nkept\n", ""), (result.Output, result.Errors));
    }

    [Theory]
    [InlineData("/var/run/x", "/run/x")]        // the image's own link, absolute: inside, not the host's
    [InlineData("/loop/../up", "/up")]
    [InlineData("/escape/x", "/x")]             // ../../../.. ends at the root
    [InlineData("/dangling", "/gone/away")]     // made where it leads
    public void Links_in_a_target_are_followed_inside_the_root_only(string target, string found)
    {
        foreach ((string link, string text) in ((string, string)[])[("escape", "../../../.."), ("dangling", "gone/away"), ("loop", "usr")])
        {
            if (new FileInfo(Path.Combine(host.Image, link)).LinkTarget is null)
            {
                File.CreateSymbolicLink(Path.Combine(host.Image, link), text);
            }
        }

        StarterResult result = Shell(
            RootFlags.Overlay | Common, plan => plan.Add(StepKind.Mount, source, target, flags: Launches.HostBind), $"cat {found}/file");

        Assert.Equal(("from the host\n", ""), (result.Output, result.Errors));
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_link_that_is_replaced_leaves_alone_what_it_names(ulong way)
    {
        string link = Path.Combine(host.Image, "etc/replaced");
        if (new FileInfo(link).LinkTarget is null)
        {
            File.CreateSymbolicLink(link, "passwd");
        }

        StarterResult result = Shell(
            way,
            plan => plan.Add(StepKind.Mount, source + "/file", "/etc/replaced", flags: Launches.HostBind | MountFlags.ReplaceSymlink),
            "cat /etc/replaced; grep -c root /etc/passwd; stat -c %F /etc/replaced");

        Assert.Equal(("from the host\n1\nregular file\n", ""), (result.Output, result.Errors));
    }

    [Fact]
    public void A_link_as_target_can_be_refused()
    {
        string link = Path.Combine(host.Image, "etc/refused");
        if (new FileInfo(link).LinkTarget is null)
        {
            File.CreateSymbolicLink(link, "passwd");
        }

        StarterResult result = Shell(
            RootFlags.Overlay | Common,
            plan => plan.Add(StepKind.Mount, source + "/file", "/etc/refused", flags: Launches.HostBind | MountFlags.TargetNoFollow, failures: plan.Failures((40, "it is a link", "remove it"))),
            "true");

        Assert.Equal((255, "FATAL:   it is a link: Too many levels of symbolic links (ELOOP)\n         remove it\n"), (result.ExitCode, result.Errors));
    }

    [Fact]
    public void A_target_inside_an_earlier_bind_is_made_in_what_is_bound()
    {
        StarterResult result = Shell(
            RootFlags.Overlay | Common,
            plan => plan
                .Add(StepKind.Mount, source, "/mine", flags: Launches.HostBind)
                .Add(StepKind.Mount, source + "/file", "/mine/sub/new", flags: Launches.HostBind),
            "cat /mine/sub/new");

        Assert.Equal(("from the host\n", ""), (result.Output, result.Errors));
        Assert.Equal(0, new FileInfo(source + "/sub/new").Length);
    }

    [Theory]
    [InlineData(MountFlags.CreateTarget, "cannot be made: No such file or directory (ENOENT)")]
    [InlineData(MountFlags.CreateTarget | MountFlags.CreateInPlace, "cannot be made: Read-only file system (EROFS)")]
    public void Without_a_layer_a_missing_target_is_an_error(ulong flags, string message)
    {
        StarterResult result = Shell(
            RootFlags.Bind | Common,
            plan => plan.Add(StepKind.Mount, source, "/not/there", flags: (Launches.HostBind & ~MountFlags.CreateTarget) | flags, failures: plan.Failures((0, "cannot be made", null))),
            "true");

        Assert.Equal((255, $"FATAL:   {message}\n"), (result.ExitCode, result.Errors));
        Assert.False(Directory.Exists(Path.Combine(host.Image, "not")));
    }

    [Fact]
    public void A_read_only_bind_covers_what_is_mounted_below_it()
    {
        // The second bind makes a mount below the first's source; the third takes both along, read-only.
        StarterResult result = Shell(
            RootFlags.Overlay | Common,
            plan => plan.Add(StepKind.Mount, "/dev", "/dev", flags: Launches.HostBind | MountFlags.ReadOnly),
            "touch /dev/x /dev/shm/x; echo $?");

        Assert.Equal("1\n", result.Output);
        Assert.Equal(2, result.Errors.Split("Read-only file system").Length - 1);
    }

    [Fact]
    public void A_directory_on_a_file_is_refused_as_such()
    {
        StarterResult result = Shell(
            RootFlags.Overlay | Common, plan => plan.Add(StepKind.Mount, source, "/etc/passwd", flags: Launches.HostBind, failures: plan.Failures((20, "no", null))), "true");

        Assert.Equal((255, "FATAL:   no: Not a directory (ENOTDIR)\n"), (result.ExitCode, result.Errors));
    }

    [Theory]
    [InlineData(FailurePolicy.Warn, "WARNING: no such thing: No such file or directory (ENOENT)\n         look again\n")]
    [InlineData(FailurePolicy.Quiet, "")]
    public void A_step_that_may_fail_does_not_end_the_launch(FailurePolicy policy, string errors)
    {
        StarterResult result = Shell(
            RootFlags.Overlay | Common,
            plan => plan.Add(StepKind.Mount, "/no/such", "/mnt", flags: Launches.HostBind, policy: policy, failures: plan.Failures((0, "no such thing", "look again"))),
            "echo on");

        Assert.Equal((0, "on\n", errors), (result.ExitCode, result.Output, result.Errors));
    }

    [Theory]
    [InlineData("/no/such", "/mnt", MountFlags.SkipMissingSource)]
    [InlineData("/usr", "/mnt/x", MountFlags.SkipMissingTarget)]
    public void What_may_be_missing_is_passed_over_in_silence(string from, string to, ulong flag)
    {
        StarterResult result = Shell(
            RootFlags.Overlay | Common, plan => plan.Add(StepKind.Mount, from, to, flags: (Launches.HostBind & ~MountFlags.CreateTarget) | flag), "ls /mnt");

        Assert.Contains("No such file", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Passwd_and_group_keep_the_image_s_lines_and_get_the_user_s()
    {
        StarterResult result = Shell(
            RootFlags.Overlay | Common,
            plan => plan
                .Add(StepKind.Passwd, "/etc/passwd", "passwd", plan.Text("me:x:5:6:Me, Myself:/home/me:/bin/zsh"), plan.Text("/inside"), number: 5)
                .Add(StepKind.Passwd, "/etc/passwd", "passwd1", plan.Text("bob:x:1:9:B:/home/bob:/bin/zsh"), number: 1)
                .Add(StepKind.Passwd, "/etc/passwd", "passwd0", plan.Text("fake:x:0:0:F:/home/fake:/bin/zsh"), plan.Text("/root"), flags: 1)
                .Add(StepKind.Group, "/etc/group", "group", plan.Vector("other:x:1:me", "me:x:6:me"))
                .Add(StepKind.Mount, "passwd", "/a", flags: MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.CreateTarget)
                .Add(StepKind.Mount, "passwd1", "/b", flags: MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.CreateTarget)
                .Add(StepKind.Mount, "passwd0", "/c", flags: MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.CreateTarget)
                .Add(StepKind.Mount, "group", "/d", flags: MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.CreateTarget),
            "cat /a; echo; cat /b; echo; cat /c; echo; cat /d");

        Assert.Equal(
            """
            root:x:0:0:root:/root:/bin/sh
            bin:x:1:1::/:/bin/false
            me:x:5:6:Me, Myself:/inside:/bin/zsh

            root:x:0:0:root:/root:/bin/sh
            bob:x:1:1:B:/home/bob:/bin/false

            root:x:0:0:root:/root:/bin/sh
            bin:x:1:1::/:/bin/false

            root:x:0:
            bin:x:1:
            me:x:6:me

            """,
            result.Output);
    }

    [Fact]
    public void Changes_go_to_an_upper_directory_and_a_link_in_its_place_is_refused()
    {
        string overlay = Path.Combine(source, "overlay");
        Directory.CreateDirectory(overlay);
        File.SetUnixFileMode(overlay, (UnixFileMode)0x1FF);
        StarterResult first = host.Run(WithUpper(overlay, "echo kept > /kept"));
        StarterResult second = host.Run(WithUpper(overlay, "cat /kept"));

        Assert.Equal(("", "kept\n"), (first.Errors + second.Errors, second.Output));
        Assert.Equal("kept\n", File.ReadAllText(overlay + "/upper/kept"));

        Directory.Move(overlay + "/upper", overlay + "/aside");
        File.CreateSymbolicLink(overlay + "/upper", "/tmp");
        StarterResult third = host.Run(WithUpper(overlay, "true"));
        Assert.Equal((255, "FATAL:   a link: Not a directory (ENOTDIR)\n"), (third.ExitCode, third.Errors));
    }

    private byte[] WithUpper(string overlay, string script)
    {
        // The launch's own steps, with a writable layer in place of its root step.
        StarterHost.Need();
        var plan = new PlanBuilder();
        (int uid, int gid) = Launches.UserIds();
        plan.Add(StepKind.Unshare, $"{uid} {uid} 1\n", $"{gid} {gid} 1\n", flags: Launches.Mount | Launches.Users, number: 1)
            .Add(StepKind.Session)
            .Add(StepKind.Directory, target: "image", number: 0x1ED)
            .Add(StepKind.Directory, target: "overlay0", number: 0x1ED)
            .Add(StepKind.Mount, host.Image, "image", flags: MountFlags.SourceOnHost | MountFlags.ReadOnly)
            .Add(StepKind.Mount, overlay, "overlay0", flags: MountFlags.SourceOnHost)
            .Add(StepKind.Directory, target: "overlay0/upper", number: 0x1ED, failures: plan.Failures((20, "a link", null)))
            .Add(StepKind.Directory, target: "overlay0/work", number: 0x1ED)
            .Add(StepKind.Root, "image", extra: plan.Text("overlay0/upper"), more: plan.Text("overlay0/work"), flags: RootFlags.Overlay | RootFlags.Writable | Common)
            .Add(StepKind.Enter)
            .Add(StepKind.Exec, data: plan.Candidates(("/bin/sh", ["sh", "-c", script], 0)), extra: plan.Vector("PATH=/bin"), number: 255);
        return plan.Build();
    }

    private StarterResult Shell(ulong way, Action<PlanBuilder>? mounts, string script)
    {
        StarterHost.Need();
        return host.Run(new Launches(host.Image) { RootFlags = way, Mounts = mounts }.Shell(script));
    }
}

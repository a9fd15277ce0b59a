using System;
using System.IO;
using Kerr.EndToEnd.Devices;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>Images of users, loop devices, devices of the host and ranks in the setuid mode.</summary>
public sealed class SetuidImageTests(SetuidTree tree) : IClassFixture<SetuidTree>
{
    private const string UserNamespace = "readlink /proc/self/ns/user";

    private static string HostUsers => new FileInfo("/proc/self/ns/user").LinkTarget!;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_users_own_ext3_image_is_served_by_the_user(bool closed)
    {
        tree.Configure("allow setuid-mount extfs = yes");
        string image = Ext3(Host.Directory(TestUser.First), closed ? Modes.OwnerOnly : Modes.Readable);
        tree.User.Run("exec", image, "/bin/sh", "-c", UserNamespace + "; cat /etc/os-release | head -1; grep -c ' ext[234] ' /proc/self/mountinfo; awk '$5 == \"/\" { print $4 }' /proc/self/mountinfo")
            .Succeeds().Shows($"{HostUsers}\nID=busybox-test\n");
        Assert.Equal(closed ? 255 : 0, tree.OtherUser.Run("exec", image, "/bin/true").ExitCode);
        tree.User.Run("exec", "--overlay", image + ":ro", "--overlay", new ImageTree().File("/etc/upper", "of the upper\n").SquashFs() + ":ro", Images.Directory, "/bin/sh", "-c", UserNamespace + "; cat /etc/upper")
            .Prints($"{HostUsers}\nof the upper");
    }

    /// <summary>Root is nobody there, as on NFS: a user's FUSE mount lets nobody else in.</summary>
    [Theory]
    [InlineData("sif")]
    [InlineData("ext3")]
    [InlineData("directory")]
    public void An_image_where_root_may_not_look_is_run(string kind)
    {
        Need.Program("fuse2fs");
        Need.Program("fusermount3");
        tree.Configure();
        string own = Host.Directory(TestUser.First), content = Host.Directory(), place = own + "/place";
        SetuidLaunchTests.Copy(Images.Sif, content + "/sif");
        Ext3(content, Modes.OwnerOnly, "ext3");
        Host.Run("cp", "-a", Images.Directory, content + "/directory");
        Host.Run("chown", "-R", TestUser.First.Name, content);
        Host.Run("chmod", "0700", content, content + "/sif");
        Host.Run("truncate", "-s", "160M", own + "/disk");
        Host.Run("mke2fs", "-q", "-t", "ext4", "-d", content, own + "/disk");
        Host.Run("chown", TestUser.First.Name, own + "/disk");
        Host.Own(Directory.CreateDirectory(place).FullName, TestUser.First);
        As.User.Named("/usr/bin/fuse2fs").Run("-o", "ro,fakeroot", own + "/disk", place).Succeeds();
        try
        {
            Assert.NotEqual(0, As.Root.Named("/bin/ls").Run(place).ExitCode);
            tree.User.Run("exec", "--no-home", $"{place}/{kind}", "/bin/sh", "-c", UserNamespace + "; head -1 /etc/os-release").Prints($"{HostUsers}\nID=busybox-test");
            tree.User.Run("exec", "-C", "-B", place + ":/data", $"{place}/{kind}", "/bin/sh", "-c", "ls /data").Shows("directory\n");
        }
        finally
        {
            Host.Run("fusermount3", "-uz", place);
        }
    }

    [Fact]
    public void No_more_loop_devices_are_taken_than_the_site_allows()
    {
        string image = SetuidLaunchTests.Copy(Images.Sif, tree.Images + "/loops.sif");
        string taken = Host.Run("losetup", "-f", "--show", image).Trim();
        try
        {
            int number = int.Parse(taken["/dev/loop".Length..], null);
            tree.Configure("allow setuid-mount squashfs = yes", $"max loop devices = {number + 1}");
            tree.User.Run("exec", image, "/bin/echo", "ran").IsFatal("there is no loop device").Warns("raise `max loop devices`");
            tree.Configure("allow setuid-mount squashfs = yes", $"max loop devices = {number + 64}");
            tree.User.Run("exec", image, "/bin/echo", "ran").Prints("ran");
        }
        finally
        {
            Host.Run("losetup", "-d", taken);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    public void Accelerators_of_the_host_are_there(string option)
    {
        tree.Configure();
        string image = MadeUpHost.Image().Path;
        string[] options = option.Length == 0 ? [] : [option];
        Caller user = tree.User.OnHost(MadeUpHost.Script);
        user.Run(["exec", .. options, "--nv", image, "/bin/sh", "-c", UserNamespace + "; ask; echo x > /dev/nvidia0 && echo written"]).Prints($"{HostUsers}\nthe host's driver\nwritten");
    }

    [Fact]
    public void A_device_of_a_description_is_there()
    {
        tree.Configure();
        string directory = Host.Directory();
        Host.Write(directory + "/cdi.json", """
            {"cdiVersion": "0.5.0", "kind": "kerr.org/device", "devices": [{"name": "one", "containerEdits": {"deviceNodes": [{"path": "/dev/fuse"}]}}],
             "containerEdits": {"deviceNodes": [{"path": "/dev/deep/zero", "hostPath": "/dev/zero"}], "env": ["SEEN=a b"]}}
            """);
        tree.User.Run("exec", "--contain", "--device", "kerr.org/device=one", "--cdi-dirs", directory, Images.Directory, "/bin/sh", "-c",
            UserNamespace + "; test -c /dev/fuse && head -c 3 /dev/deep/zero | wc -c && echo $SEEN").Prints($"{HostUsers}\n3\na b");
        tree.User.Run("exec", "--contain", Images.Directory, "/bin/test", "-e", "/dev/fuse").Ends(1);
    }

    /// <summary>As under the peers, whose binds for accelerators are the user's; what /dev has anyway is there.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("--userns")]
    public void Where_users_may_bind_nothing_they_have_the_devices_and_a_word_about_the_rest(string mode)
    {
        const string Why = ": user bind control is disabled by the administrator", Look = "[ -e /.singularity.d/libs ] && echo libraries; echo x > /dev/nvidia0 && echo written; ls /dev | grep nvidia[0-9]";
        string image = MadeUpHost.Image().Path, directory = Host.Directory();
        string[] start = ["exec", .. mode.Length == 0 ? Array.Empty<string>() : [mode]];
        Caller user = tree.User.OnHost(MadeUpHost.Script);
        Host.Write(directory + "/cdi.json", """
            {"cdiVersion": "0.5.0", "kind": "kerr.org/device", "devices": [{"name": "one", "containerEdits": {"deviceNodes": [{"path": "/dev/fuse"}]}}],
             "containerEdits": {"mounts": [{"hostPath": "/usr/share", "containerPath": "/opt/share"}], "env": ["SEEN=a b"]}}
            """);

        tree.Configure("user bind control = no");

        user.Run([.. start, "--nv", image, "/bin/sh", "-c", Look]).Shows("written\nnvidia0\n").Hides("libraries").Warns("Skipping libraries of the host" + Why);
        user.Run([.. start, "-C", "--nv", image, "/bin/sh", "-c", Look]).Shows("written\nnvidia0\n").Hides("libraries").Warns("Skipping libraries of the host" + Why);
        user.Run([.. start, "--rocm", image, "/bin/sh", "-c", "ls -d /dev/kfd; [ ! -e /.singularity.d/libs ]"]).Shows("/dev/kfd\n");
        user.Run([.. start, "--containlibs", MadeUpHost.Libraries + "/libcuda.so.1", image, "/bin/echo", "ran"]).Shows("ran\n").Warns("Skipping libraries of the host" + Why);
        user.Run([.. start, "--mpi", image, "/bin/echo", "ran"]).IsFatal("--mpi binds libraries of this host, and the administrator lets users bind nothing");
        user.Run([.. start, "-C", "--device", "kerr.org/device=one", "--cdi-dirs", directory, image, "/bin/sh", "-c", "[ -e /opt/share ] && echo share; test -c /dev/fuse && echo $SEEN"])
            .Shows("a b\n").Hides("share").Warns("Skipping programs and files of the host" + Why);
        if (mode.Length == 0)
        {
            tree.Forger.OnHost(MadeUpHost.Script).Run([.. start, "--nv", image, "/bin/echo", "ran"]).IsFatal("lets users bind nothing");
        }
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("-C", false)]          // together in a user namespace
    public void Ranks_read_each_others_memory(string option, bool setuid)
    {
        tree.Configure();
        string image = Images.New().Copy("/bin/meeting", Programs.Meeting).Sif();
        string[] options = option.Length == 0 ? [] : [option];
        using Running neighbour = tree.User.With("PMI_RANK=0", "PMI_SIZE=2").Start(["exec", .. options, image, "meeting", "memory"]);
        string[] where = neighbour.WaitFor("\n").Out.Trim().Split(' ');
        Result result = tree.User.With("PMI_RANK=1", "PMI_SIZE=2").Run(["--verbose", "exec", .. options, image, "meeting", "read", where[0], where[1]]).Succeeds();
        Assert.Equal("text of a neighbour", result.Line);
        Assert.Contains(setuid ? "Using the setuid starter" : "Using a user namespace: contained ranks of PMI have processes and memory together", result.Err, StringComparison.Ordinal);
        neighbour.Signal(9).Wait();
    }

    [Fact]
    public void Where_there_are_no_user_namespaces_contained_ranks_are_each_by_themselves()
    {
        tree.Configure("allow user ns = no");
        tree.User.With("PMI_RANK=0", "PMI_SIZE=2").Run("exec", "-C", Images.Directory, "/bin/sh", "-c", UserNamespace + "; echo /proc/[0-9]*").Prints($"{HostUsers}\n/proc/1 /proc/2");
    }

    /// <summary>Other ids than one's own are a user namespace's to give.</summary>
    [Fact]
    public void Ids_of_security_are_not_passed_over()
    {
        tree.Configure();
        tree.User.Run("exec", "--security", "uid:0", Images.Directory, "/bin/sh", "-c", "id -u").Prints("0");
        tree.Configure("allow user ns = no");
        tree.User.Run("exec", "--security", "uid:0", Images.Directory, "/bin/sh", "-c", "id -u").IsFatal("allow user ns = no");
    }

    private static string Ext3(string directory, UnixFileMode mode, string name = "image.ext3")
    {
        string path = $"{directory}/{name}";
        Host.Run("truncate", "-s", "64M", path);
        Host.Run("mke2fs", "-q", "-t", "ext3", "-d", Images.Directory, path);
        File.SetUnixFileMode(path, mode);
        return Host.Own(path, TestUser.First);
    }
}

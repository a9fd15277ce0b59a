using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Configuration;

/// <summary>Directives of the configuration, each by what it changes.</summary>
public class DirectiveTests
{
    private static Result Exec(string[] lines, params string[] rest)
        => As.User.Run(["-c", ConfigurationFile.With(lines), "exec", .. rest]);

    private static Result Shell(string line, string script, params string[] options)
        => Exec([line], [.. options, Images.Directory, "sh", "-c", script]);

    [Theory]
    [InlineData("mount proc = no", "test -e /proc/self")]
    [InlineData("mount sys = no", "test -e /sys/kernel")]
    [InlineData("mount dev = no", "test -e /dev/null")]
    [InlineData("mount dev = minimal", "test -e /dev/loop-control -o -e /dev/fuse")]
    [InlineData("mount tmp = no", "test -n \"$(ls -A /tmp)\"")]
    [InlineData("mount home = no", "cd / && test -d $HOME")]
    [InlineData("config passwd = no", "test $(wc -l < /etc/passwd) -gt 1")]
    [InlineData("config group = no", "test $(wc -l < /etc/group) -gt 1")]
    [InlineData("config resolv_conf = no", "test -s /etc/resolv.conf")]
    public void A_part_of_the_view_is_turned_off(string line, string test)
    {
        As.User.In("/").Run("exec", Images.Directory, "sh", "-c", test).Succeeds();
        As.User.In("/").Run("-c", ConfigurationFile.With(line), "exec", Images.Directory, "sh", "-c", test).Ends(1);
    }

    [Fact]
    public void Devpts_is_turned_off_in_the_small_dev()
        => Shell("mount devpts = no", "test -e /dev/pts/ptmx", "-c").Ends(1);

    [Fact]
    public void Bind_paths_are_mounted_but_not_with_contain()
    {
        string directory = Host.Directory(), file = Host.Write($"{directory}/file", "of the site\n");
        string[] lines = [$"bind path = {file}:/etc/site", $"bind path = {directory}:/opt/site"];
        Exec(lines, Images.Directory, "cat", "/etc/site", "/opt/site/file").Prints("of the site\nof the site");
        Exec(lines, "--contain", Images.Directory, "sh", "-c", "test -e /etc/site -o -e /opt/site").Ends(1);
        Exec(lines, "--no-mount", "/etc/site", Images.Directory, "sh", "-c", "test ! -e /etc/site && cat /opt/site/file").Prints("of the site");
        Exec(lines, "--no-mount", "bind-paths", Images.Directory, "sh", "-c", "test -e /etc/site -o -e /opt/site").Ends(1);
        string missing = $"bind path = {directory}/none:/opt/none";
        Exec([missing], Images.Directory, "echo", "ran").Prints("ran");
        As.User.Run("-v", "-c", ConfigurationFile.With(missing), "exec", Images.Directory, "echo", "ran").Shows("ran").Warns($"{directory}/none does not exist");
        As.User.Run("-c", ConfigurationFile.With(missing), "explain", "exec", Images.Directory, "true").Shows($"# configuration: {missing}: {directory}/none does not exist");
    }

    [Fact]
    public void User_binds_can_be_forbidden()
    {
        string directory = Host.Directory(TestUser.First);
        Shell("user bind control = no", "test -e /mnt/file || echo no bind", "-B", "/etc:/mnt").Ends(0).Warns("user bind control is disabled by the administrator");
        Shell("user bind control = no", "true", "--home", $"{directory}:/home/x").IsFatal("user bind control is disallowed");
        Shell("user bind control = no", "test -w /scratch", "-S", "/scratch").Ends(1).Warns("user bind control");
        As.User.In(directory).Run("-c", ConfigurationFile.With("user bind control = no", "mount tmp = no"), "exec", Images.Directory, "test", "-e", directory).Ends(1);
    }

    [Fact]
    public void Namespaces_can_be_forbidden()
    {
        string pid = Host.Run("readlink", "/proc/self/ns/pid").Trim();
        Assert.Equal(pid, Shell("allow pid ns = no", "readlink /proc/self/ns/pid", "--pid").Succeeds().Line);
        Assert.Equal(Host.Run("readlink", "/proc/self/ns/ipc").Trim(), Shell("allow ipc ns = no", "readlink /proc/self/ns/ipc", "--ipc").Succeeds().Line);
        Assert.Equal(Host.Run("readlink", "/proc/self/ns/uts").Trim(), Shell("allow uts ns = no", "readlink /proc/self/ns/uts", "--uts").Succeeds().Line);
        Shell("allow user ns = no", "true").IsFatal("allow user ns = no");
    }

    [Fact]
    public void Overlay_can_be_turned_off_and_then_an_underlay_makes_missing_targets()
    {
        Result result = Shell("enable overlay = no", "ls -d /new/place; grep -c '^overlay / ' /proc/self/mounts", "-B", "/etc:/new/place");
        Assert.Equal(["/new/place", "0"], result.Lines);
        Shell("enable overlay = no", "true", "--writable-tmpfs").IsFatal("enable overlay");
        Shell("enable overlay = no", "true", "--overlay", Host.Directory(TestUser.First)).IsFatal("enable overlay");
        Exec(["enable overlay = no", "enable underlay = no"], "-B", "/etc:/new/place", Images.Directory, "true").IsFatal("no layer is in use");
        Exec(["enable overlay = no", "enable underlay = no"], "-B", "/etc:/mnt", Images.Directory, "test", "-e", "/mnt/passwd").Succeeds();
    }

    [Fact]
    public void Underlay_can_be_preferred()
    {
        const string script = "ls -d /new/place; grep -c '^overlay / ' /proc/self/mounts";
        Assert.Equal(["/new/place", "1"], As.User.Run("exec", "-B", "/etc:/new/place", Images.Directory, "sh", "-c", script).Lines);
        Assert.Equal(["/new/place", "0"], Shell("enable underlay = preferred", script, "-B", "/etc:/new/place").Lines);
    }

    [Fact]
    public void The_session_has_the_size_that_is_set()
    {
        const string write = "dd if=/dev/zero of=/file bs=1M count=4 2> /dev/null";
        Shell("sessiondir max size = 1", write, "--writable-tmpfs").Ends(1);
        Shell("sessiondir max size = 8", write, "--writable-tmpfs").Ends(0);
    }

    [Fact]
    public void The_session_is_of_the_type_that_is_set()
    {
        const string type = "grep -c ' /tmp ramfs ' /proc/mounts";
        Shell("memory fs type = tmpfs", type, "-c").Ends(1);
        Shell("memory fs type = ramfs", type, "-c").Prints("1");
        As.Root.Run("-c", ConfigurationFile.With("memory fs type = ramfs"), "exec", "-c", Images.Directory, "sh", "-c", type).Prints("1");
    }

    [Theory]
    [InlineData("allow container dir = no", "directory")]
    [InlineData("allow container sif = no", "sif")]
    [InlineData("allow container squashfs = no", "squashfs")]
    [InlineData("allow container extfs = no", "ext3")]
    public void A_kind_of_image_can_be_forbidden_to_users(string line, string kind)
    {
        string image = kind switch { "directory" => Images.Directory, "sif" => Images.Sif, "ext3" => Ext3(), _ => new ImageTree().Copy("/hello", StaticPrograms.Exit37).SquashFs() };
        Exec([line], image, "/hello").IsFatal($"`{line}`");
        As.Root.Run("-c", ConfigurationFile.With(line), "exec", image, kind == "squashfs" ? "/hello" : "true").Ends(kind == "squashfs" ? 37 : 0);

        static string Ext3()
        {
            string path = $"{Host.Directory()}/image.ext3";
            Host.Run("truncate", "-s", "64M", path);
            Host.Run("mke2fs", "-q", "-t", "ext3", "-d", Images.Directory, path);
            return path;
        }
    }

    [Fact]
    public void Fusemount_can_be_forbidden()
        => Shell("enable fusemount = no", "true", "--fusemount", "host:squashfuse_ll x /mnt").IsFatal("enable fusemount = no");

    [Fact]
    public void Roots_capabilities_can_be_dropped_by_default()
    {
        string file = ConfigurationFile.With("root default capabilities = no");
        As.Root.Run("-c", file, "exec", Images.Directory, "grep", "CapEff", "/proc/self/status").Prints("CapEff:\t0000000000000000");
        Assert.NotEqual("CapEff:\t0000000000000000", As.Root.Run("-c", file, "exec", "--keep-privs", Images.Directory, "grep", "CapEff", "/proc/self/status").Succeeds().Line);
    }

    [Fact]
    public void Host_file_systems_are_mounted_when_asked_for()
    {
        string name = "/kerr-hostfs-" + System.Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string file = ConfigurationFile.With("mount hostfs = yes");
        System.IO.Directory.CreateDirectory(name);
        try
        {
            Result Run(params string[] options) => As.Root.In("/").Named("/usr/bin/unshare").Run(["-m", "sh", "-c", $"mount -t tmpfs none {name} && echo host > {name}/f && exec \"$@\"", "sh",
                .. TestUser.First.Command, Tree.Bin("kerr"), "-c", file, "exec", .. options, Images.Directory, "cat", $"{name}/f"]);
            Run().Prints("host");
            Run("--no-mount", "hostfs").Ends(1);
            Run("--contain").Ends(1);
        }
        finally
        {
            System.IO.Directory.Delete(name);
        }
    }

    [Fact]
    public void The_image_server_is_the_installations_own_wherever_helpers_are_looked_for()
        => Exec(["binary path = /nowhere"], Images.Sif, "echo", "served").Prints("served");

    [Theory]
    [InlineData(1, 1 << 20)]
    [InlineData(48, 48 << 20)]
    public void The_image_server_keeps_as_much_as_the_configuration_says(int megabytes, int bytes)
        => Exec([$"image server cache = {megabytes}"], Images.Sif, "sh", "-c", $"cat /proc/[0-9]*/cmdline | tr '\\0' '\n' | grep -x cache={bytes}").Succeeds();

    [Fact]
    public void Mounts_of_the_host_come_in_while_the_payload_runs_unless_they_are_cut_off()
    {
        string directory = Host.Directory();
        System.IO.Directory.CreateDirectory($"{directory}/below");
        foreach ((string line, int code) in (ReadOnlySpan<(string, int)>)[("mount slave = yes", 0), ("mount slave = no", 1)])
        {
            string script = $"mount --bind {directory} {directory} && mount --make-shared {directory} && "
                + $"({Tree.Bin("kerr")} -c {ConfigurationFile.With(line)} exec -B {directory}:/mnt {Images.Directory} sh -c 'touch /mnt/ready; i=0; while test ! -e /mnt/below/f -a $i -lt 60; do usleep 10000; i=$((i+1)); done; test -e /mnt/below/f') & "
                + $"while test ! -e {directory}/ready; do sleep 0.01; done; mount -t tmpfs none {directory}/below && touch {directory}/below/f; wait $!; code=$?; umount {directory}/below; rm {directory}/ready; exit $code";
            As.Root.In("/").Named("/usr/bin/unshare").Run("-m", "--propagation", "private", "sh", "-c", script).Ends(code);
        }
    }

    [Theory]
    [InlineData("frob = yes", "frob")]
    [InlineData("mount proc = maybe", "mount proc")]
    [InlineData("sessiondir max size = many", "sessiondir max size")]
    [InlineData("no equals sign", "no equals sign")]
    public void A_line_that_is_wrong_ends_every_command_with_its_number(string line, string message)
    {
        string file = ConfigurationFile.With();
        int number = System.IO.File.ReadAllLines(file).Length;
        System.IO.File.AppendAllText(file, line + "\n");
        Result result = As.User.Run("-c", file, "exec", Images.Directory, "true").IsFatal(message);
        result.Warns($"{number + 1}").Warns(file);
    }

    [Fact]
    public void A_file_that_is_not_there_is_said_and_the_variable_names_one_too()
    {
        As.User.Run("-c", "/no/such.conf", "exec", Images.Directory, "true").IsFatal("/no/such.conf");
        As.User.With($"APPTAINER_CONFIG_FILE={ConfigurationFile.With("mount proc = no")}").Run("exec", Images.Directory, "test", "-e", "/proc/self").Ends(1);
    }
}

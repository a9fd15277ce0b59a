using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>`--writable`, `--writable-tmpfs`, `--overlay`, `--underlay`: where changes go.</summary>
public class WritableTests
{
    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void An_image_is_read_only_by_default(Profile profile)
    {
        ImageTree image = Images.New().OwnedBy(TestUser.First);
        As.By(profile).Run("exec", image.Path, "touch", "/opt/new").Ends(1).Warns("Read-only file system");
        As.By(profile).Run("exec", image.Path, "rm", "/etc/os-release").Ends(1).Warns("Read-only file system");
        Assert.False(File.Exists(image.Path + "/opt/new"));
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void Writable_changes_the_directory_itself(Profile profile)
    {
        ImageTree image = Images.New().OwnedBy(TestUser.First);
        As.By(profile).Run("exec", "--writable", image.Path, "sh", "-c", "echo new > /opt/new; rm /etc/os-release").Succeeds();
        Assert.Equal("new\n", File.ReadAllText(image.Path + "/opt/new"));
        Assert.False(File.Exists(image.Path + "/etc/os-release"));
    }

    [Fact]
    public void Writable_needs_an_image_that_the_user_can_write()
        => As.User.Run("exec", "--writable", Images.Directory, "true").IsFatal("cannot be written by this user");

    [Fact]
    public void Writable_does_not_go_with_a_SIF()
        => As.User.Run("exec", "--writable", Images.OwnSif, "true").IsFatal("no SIF writable overlay partition found");

    [Theory]
    [InlineData(Profile.User, false)]
    [InlineData(Profile.Root, false)]
    [InlineData(Profile.Fakeroot, false)]
    [InlineData(Profile.User, true)]
    [InlineData(Profile.Root, true)]
    public void A_throw_away_layer_takes_every_change(Profile profile, bool sif)
    {
        string image = sif ? Images.OwnSif : Images.OwnDirectory;
        As.By(profile).Run("exec", "--writable-tmpfs", image, "sh", "-c", "echo changed > /etc/os-release; mkdir /new; cat /etc/os-release; test -d /new").Prints("changed");
        As.By(profile).Run("exec", "--writable-tmpfs", image, "sh", "-c", "head -1 /etc/os-release; test ! -e /new").Prints("ID=busybox-test");
    }

    [Theory]
    [InlineData(Profile.User, false)]
    [InlineData(Profile.Root, false)]
    [InlineData(Profile.Fakeroot, false)]
    [InlineData(Profile.User, true)]
    [InlineData(Profile.Root, true)]
    public void An_overlay_directory_keeps_the_changes(Profile profile, bool sif)
    {
        string overlay = Host.Directory(TestUser.First);
        string image = sif ? Images.OwnSif : Images.OwnDirectory;
        Caller caller = As.By(profile);
        caller.Run("exec", "--overlay", overlay, image, "sh", "-c", "echo kept > /opt/kept; rm /etc/os-release; mkdir /new").Succeeds();
        caller.Run("exec", "-o", overlay, image, "sh", "-c", "cat /opt/kept; test ! -e /etc/os-release && test -d /new").Prints("kept");
        caller.Run("exec", image, "sh", "-c", "test ! -e /opt/kept && test -e /etc/os-release").Succeeds();
        Assert.Equal("kept\n", File.ReadAllText($"{overlay}/upper/opt/kept"));
    }

    [Fact]
    public void The_throw_away_layer_is_as_large_as_the_administrator_says()
    {
        string configuration = Configuration.ConfigurationFile.With("sessiondir max size = 8");
        As.User.Run("--config", configuration, "exec", "--writable-tmpfs", Images.OwnDirectory, "sh", "-c", "dd if=/dev/zero of=/big bs=1M count=6 2>&1 | tail -1 && dd if=/dev/zero of=/more bs=1M count=6")
            .Ends(1).Warns("No space left on device");
    }

    [Fact]
    public void A_read_only_overlay_is_seen_and_not_changed()
    {
        string overlay = Host.Directory(TestUser.First);
        As.User.Run("exec", "--overlay", overlay, Images.OwnDirectory, "sh", "-c", "echo kept > /opt/kept").Succeeds();
        As.User.Run("exec", "--overlay", overlay + ":ro", Images.OwnDirectory, "cat", "/opt/kept").Prints("kept");
        As.User.Run("exec", "--overlay", overlay + ":ro", Images.OwnDirectory, "touch", "/opt/more").Ends(1).Warns("Read-only file system");
        As.User.Run("exec", "--overlay", overlay + ":ro", "--writable-tmpfs", Images.OwnDirectory, "sh", "-c", "touch /opt/more; ls /opt").Prints("kept\nmore");
        Assert.False(File.Exists($"{overlay}/upper/opt/more"));
    }

    [Fact]
    public void Of_several_overlays_the_last_is_on_top()
    {
        string first = Host.Directory(TestUser.First), second = Host.Directory(TestUser.First), top = Host.Directory(TestUser.First);
        As.User.Run("exec", "-o", first, Images.OwnDirectory, "sh", "-c", "echo 1 > /opt/both; echo 1 > /opt/first").Succeeds();
        As.User.Run("exec", "-o", second, Images.OwnDirectory, "sh", "-c", "echo 2 > /opt/both").Succeeds();
        As.User.Run("exec", "-o", $"{first}:ro,{second}:ro", "-o", top, Images.OwnDirectory, "sh", "-c", "cat /opt/both /opt/first; touch /opt/new").Prints("2\n1");
        Assert.True(File.Exists($"{top}/upper/opt/new"));
    }

    [Fact]
    public void A_squashfs_image_is_an_overlay_to_read()
    {
        ImageTree layer = new ImageTree().File("/opt/from-squashfs", "layer\n");
        As.User.Run("exec", "-o", layer.SquashFs() + ":ro", Images.OwnDirectory, "cat", "/opt/from-squashfs").Prints("layer");
    }

    [Fact]
    public void Overlays_that_do_not_go_together_are_said()
    {
        string first = Host.Directory(TestUser.First), second = Host.Directory(TestUser.First);
        As.User.Run("exec", "-o", $"{first},{second}", Images.OwnDirectory, "true").IsFatal("more than one writable overlay");
        As.User.Run("exec", "-o", first, "--writable-tmpfs", Images.OwnDirectory, "true").IsFatal("--writable-tmpfs with another writable overlay");
        As.User.Run("exec", "-o", first, "--writable", Images.New().OwnedBy(TestUser.First).Path, "true").IsFatal("cannot use --overlay in conjunction with --writable");
        As.User.Run("exec", "-o", "/no/such", Images.OwnDirectory, "true").IsFatal("overlay /no/such does not exist");
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    public void Underlay_makes_missing_targets_without_an_overlay(Profile profile)
    {
        string source = Host.Directory(TestUser.First);
        Host.Write($"{source}/file", "bound\n");
        Result result = As.By(profile).Run("exec", "--underlay", "-B", $"{source}:/new/place,{source}/file:/etc/new", Images.OwnDirectory, "sh", "-c",
            "cat /new/place/file /etc/new; grep ' / ' /proc/self/mounts | grep -c ' overlay '; head -1 /etc/os-release; test -x /usr/bin && ls /bin/busybox");
        Assert.Equal(["bound", "bound", "0", "ID=busybox-test", "/bin/busybox"], result.Succeeds().Lines);
    }

    [Fact]
    public void An_underlay_cannot_be_written()
        => As.User.Run("exec", "--underlay", "-B", "/etc:/new/place", Images.OwnDirectory, "touch", "/new/file").Ends(1);

    [Fact]
    public void A_directory_that_the_image_lacks_is_named_with_how_to_make_it()
    {
        ImageTree bare = new ImageTree().Copy("/hello", StaticPrograms.Exit37).OwnedBy(TestUser.First);
        Result result = As.User.Run("exec", "--writable", "--no-home", "--no-mount", "tmp", bare.Path, "/hello").Ends(37);
        foreach (string name in (string[])["/dev", "/proc", "/sys"])
        {
            result.Warns($"WARNING: cannot mount {name}: the image has no directory {name}").Warns($"make it: mkdir {bare.Path}{name}\n");
        }
    }
}

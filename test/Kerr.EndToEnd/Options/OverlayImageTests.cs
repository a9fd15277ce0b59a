using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>`overlay create`, and `--overlay` with image files: ext3, squashfs, partitions of SIF files.</summary>
public class OverlayImageTests
{
    [Theory]
    [InlineData(Profile.User, false)]
    [InlineData(Profile.User, true)]
    [InlineData(Profile.Fakeroot, false)]
    [InlineData(Profile.Fakeroot, true)]
    [InlineData(Profile.Root, false)]
    [InlineData(Profile.Root, true)]
    public void An_ext3_overlay_keeps_the_changes(Profile profile, bool sif)
    {
        string overlay = Overlays.Create(profile);
        string image = sif ? Images.OwnSif : Images.OwnDirectory;
        Caller caller = As.By(profile);

        caller.Run("exec", "--overlay", overlay, image, "sh", "-c", "echo kept > /kept; mkdir -p /new/below; echo changed > /new/file; chmod 600 /new/file").Succeeds();

        // At once: the launch ends when the image is whole.
        Overlays.Check(overlay);
        Assert.Contains("Type: regular    Mode:  0600", Overlays.Stat(overlay, "/new/file"), System.StringComparison.Ordinal);
        caller.Run("exec", "-o", overlay, image, "sh", "-c", "cat /kept /new/file; test -d /new/below").Prints("kept\nchanged");
        caller.Run("exec", image, "sh", "-c", "test ! -e /kept && test ! -e /new").Succeeds();
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Fakeroot)]
    [InlineData(Profile.Root)]
    public void Deletions_and_changes_of_the_images_own_files_are_kept(Profile profile)
    {
        string overlay = Overlays.Create(profile), image = Images.OwnDirectory;
        Caller caller = As.By(profile);

        caller.Run("exec", "--overlay", overlay, image, "sh", "-c", "rm /etc/os-release; echo '# more' >> /bin/printenv; rmdir /srv; mv /bin/printenv /opt/moved").Succeeds();

        caller.Run("exec", "--overlay", overlay, image, "sh", "-c", "test ! -e /etc/os-release && test ! -e /srv && test ! -e /bin/printenv && tail -1 /opt/moved").Prints("# more");
        Assert.True(File.Exists(image + "/etc/os-release"));
        Assert.Equal(Images.Printenv, File.ReadAllText(image + "/bin/printenv"));
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Fakeroot)]
    [InlineData(Profile.Root)]
    public void Extended_attributes_in_an_image_are_no_bar_to_changes(Profile profile)
    {
        string image = Images.New().File("/etc/one", "one\n").File("/etc/two", "two\n").Attributes("/etc").Attributes("/etc/one").Attributes("/etc/os-release").Attributes("/bin/busybox").OwnedBy(TestUser.First).Sif();
        string overlay = Host.Directory(profile == Profile.Root ? null : TestUser.First);
        Caller caller = As.By(profile);

        caller.Run("exec", "--overlay", overlay, image, "sh", "-c", "rm /etc/one && echo more >> /etc/os-release && mv /etc/two /etc/moved").Succeeds();

        caller.Run("exec", "--overlay", overlay, image, "sh", "-c", "test ! -e /etc/one && test -e /etc/moved && tail -1 /etc/os-release").Prints("more");
        caller.Run("exec", "--writable-tmpfs", image, "sh", "-c", "rm /etc/os-release").Succeeds();
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Fakeroot)]
    [InlineData(Profile.Root)]
    public void A_read_only_ext3_overlay_is_seen_and_not_changed(Profile profile)
    {
        string overlay = Overlays.Create(profile);
        Caller caller = As.By(profile);
        caller.Run("exec", "--overlay", overlay, Images.OwnDirectory, "sh", "-c", "echo kept > /kept").Succeeds();

        caller.Run("exec", "--overlay", overlay + ":ro", Images.OwnDirectory, "cat", "/kept").Prints("kept");
        caller.Run("exec", "--overlay", overlay + ":ro", Images.OwnDirectory, "touch", "/more").Ends(1).Warns("Read-only file system");
        caller.Run("exec", "--overlay", overlay + ":ro", "--writable-tmpfs", Images.OwnDirectory, "sh", "-c", "touch /more; rm /kept; test ! -e /kept && ls /more").Prints("/more");
        caller.Run("exec", "--overlay", overlay + ":ro", Images.OwnDirectory, "cat", "/kept").Prints("kept");
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    public void Layers_of_every_kind_lie_on_each_other(Profile profile)
    {
        string written = Overlays.Create(profile), read = Overlays.Create(profile);
        string squashfs = new ImageTree().File("/from-squashfs", "squashfs\n").File("/all", "squashfs\n").OwnedBy(TestUser.First).SquashFs();
        Caller caller = As.By(profile);
        caller.Run("exec", "-o", read, Images.OwnDirectory, "sh", "-c", "echo ext3 > /from-ext3; echo ext3 > /all").Succeeds();

        caller.Run("exec", "-o", $"{read}:ro,{squashfs}:ro", "-o", written, Images.OwnDirectory, "sh", "-c", "cat /from-ext3 /from-squashfs /all; echo top > /all; cat /all")
            .Prints("ext3\nsquashfs\nsquashfs\ntop");
        caller.Run("exec", "-o", written, Images.OwnDirectory, "sh", "-c", "cat /all; test ! -e /from-ext3").Prints("top");
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Fakeroot)]
    [InlineData(Profile.Root)]
    public void The_overlay_partition_of_an_image_is_read_by_all_and_written_with_writable(Profile profile)
    {
        string sif = Overlays.Sif(profile);
        Caller caller = As.By(profile);

        caller.Run("exec", "--writable", sif, "sh", "-c", "echo kept > /kept").Succeeds();

        caller.Run("exec", sif, "cat", "/kept").Prints("kept");
        caller.Run("exec", sif, "touch", "/more").Ends(1).Warns("Read-only file system");
        caller.Run("exec", "--writable-tmpfs", sif, "sh", "-c", "touch /more; cat /kept; ls /more").Prints("kept\n/more");
        caller.Run("exec", "--overlay", sif + ":ro", Images.OwnDirectory, "cat", "/kept").Prints("kept");
        caller.Run("exec", "--overlay", sif, Images.OwnDirectory, "sh", "-c", "rm /kept; echo other > /other").Succeeds();
        caller.Run("exec", sif, "sh", "-c", "cat /other; test ! -e /kept").Prints("other");
    }

    [Fact]
    public void The_scripts_in_an_overlay_count()
    {
        string overlay = Overlays.Create(Profile.User, "--create-dir", "/.singularity.d/env");
        As.User.Run("exec", "--overlay", overlay, Images.OwnDirectory, "sh", "-c", "echo 'export FROM=overlay' > /.singularity.d/env/90-environment.sh").Succeeds();

        As.User.Run("exec", "--overlay", overlay + ":ro", Images.OwnDirectory, "printenv", "FROM").Prints("overlay");
    }

    [Fact]
    public void Directories_are_there_from_the_start_and_the_callers_own()
    {
        string overlay = Overlays.Create(Profile.User, "--size", "70", "--create-dir", "/usr/local/one,/two words");
        Assert.Equal(70 << 20, new FileInfo(overlay).Length);

        As.User.Run("exec", "--overlay", overlay, Images.Sif, "sh", "-c", "mkdir /usr/local/one/below && touch '/two words/file' && stat -c %u /usr/local/one/below").Prints($"{TestUser.First.Uid}");
    }

    [Fact]
    public void A_bind_target_that_nothing_has_is_not_left_in_the_overlay()
    {
        string overlay = Overlays.Create(Profile.User), source = Host.Directory(TestUser.First);
        Host.Write($"{source}/file", "bound\n");

        As.User.Run("exec", "--overlay", overlay, "-B", $"{source}:/new/place", Images.Sif, "sh", "-c", "cat /new/place/file; touch /x").Prints("bound");

        Assert.Equal("", Overlays.Stat(overlay, "/new"));
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    public void An_ext3_image_is_bound_to_be_written_and_read(Profile profile)
    {
        string data = Overlays.Create(profile);
        Caller caller = As.By(profile);

        caller.Run("exec", "-B", $"{data}:/mnt:image-src=/upper", Images.Directory, "sh", "-c", "echo data > /mnt/file").Succeeds();
        Overlays.Check(data);

        caller.Run("exec", "-B", $"{data}:/mnt:image-src=/upper,ro", Images.Directory, "sh", "-c", "cat /mnt/file; touch /mnt/more 2>&1 | grep -o Read-only").Prints("data\nRead-only");
        caller.Run("exec", "-B", $"{data}:/a:image-src=/upper,ro", "-B", $"{data}:/b:image-src=/,ro", Images.Directory, "cat", "/a/file", "/b/upper/file").Prints("data\ndata");
        caller.Run("exec", "-B", $"{data}:/a:image-src=/,{data}:/b:image-src=/", Images.Directory, "true").IsFatal("currently in use for writing by another bind of this launch");
    }

    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    [InlineData("--pid --no-init")]
    public void The_payloads_exit_code_signals_and_descriptors_are_its_own(string options)
    {
        string overlay = Overlays.Create(Profile.User);
        string[] line = ["exec", .. options.Split(' ', System.StringSplitOptions.RemoveEmptyEntries), "--overlay", overlay, Images.Sif, "sh", "-c"];

        As.User.Run([.. line, "exit 7"]).Ends(7);
        As.User.Run([.. line, "ls -l /proc/$$/fd"]).Hides("overlay.img").Hides("fuse").Hides("socket");
        using Running running = As.User.Start([.. line, "trap 'echo told; exit 9' TERM; echo ready; while :; do sleep 1; done"]);
        running.WaitFor("ready").Signal(15);
        Assert.Equal("ready\ntold\n", running.Wait().Ends(9).Out);
        Overlays.Check(overlay);
    }

    [Fact]
    public void A_process_that_stays_behind_keeps_the_overlay_as_long_as_it_lives()
    {
        string overlay = Overlays.Create(Profile.User);
        As.User.Run("exec", "--overlay", overlay, Images.Sif, "sh", "-c", "(sleep 1; echo late > /late) > /dev/null 2>&1 & echo early > /early").Succeeds();

        As.User.Run("exec", "--overlay", overlay, Images.Sif, "cat", "/early", "/late").Prints("early\nlate");
    }
}

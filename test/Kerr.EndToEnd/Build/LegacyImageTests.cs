using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Build;

/// <summary>The commands of Singularity 2 on writable images; nothing of them needs root.</summary>
public class LegacyImageTests
{
    private readonly string directory = Host.Directory(TestUser.First);
    private readonly Caller caller;

    public LegacyImageTests()
    {
        Need.Program("mkfs.ext3");
        Need.Program("debugfs");
        caller = As.User.In(directory).With($"TMPDIR={directory}");
    }

    [Fact]
    public void An_image_is_made_filled_grown_and_emptied_into_an_archive()
    {
        caller.Run("image.create", "--size", "16", "image.img").Succeeds();
        Assert.Equal((16 << 20) + 31, new FileInfo(directory + "/image.img").Length);
        Assert.Equal("#!/usr/bin/env run-singularity\n", System.Text.Encoding.ASCII.GetString(File.ReadAllBytes(directory + "/image.img"), 0, 31));

        Host.Run("tar", "-C", Images.Directory, "-cf", directory + "/files.tar", ".");
        caller.Run("import", "image.img", "files.tar").Succeeds();
        As.Root.In(directory).Run("exec", "image.img", "head", "-1", "/etc/os-release").Prints("ID=busybox-test");
        As.Root.In(directory).Run("exec", "image.img", "stat", "-c", "%u:%g", "/etc/os-release").Prints("0:0");

        caller.Run("expand", "--size", "8", "image.img").Succeeds();
        Assert.Equal((24 << 20) + 31, new FileInfo(directory + "/image.img").Length);
        As.Root.In(directory).Run("exec", "image.img", "head", "-1", "/etc/os-release").Prints("ID=busybox-test");

        caller.Run("image.export", "--file", "out.tar", "image.img").Succeeds();
        Assert.Contains("./etc/os-release", Host.Run("tar", "-tf", directory + "/out.tar"), System.StringComparison.Ordinal);
    }

    [Fact]
    public void A_definition_is_run_into_an_image()
    {
        Host.Write(directory + "/image.def", $"Bootstrap: localimage\nFrom: {Images.Sif}\n\n%post\n echo made > /opt/f\n%runscript\n echo ran\n");
        caller.Run("create", "--size", "16", "image.img").Succeeds();
        caller.Run("bootstrap", "image.img", "image.def").Succeeds();
        As.Root.In(directory).Run("run", "image.img").Prints("ran");
        As.Root.In(directory).Run("exec", "image.img", "cat", "/opt/f").Prints("made");
    }

    [Fact]
    public void Files_are_copied_into_an_image_and_seen_where_it_is_mounted()
    {
        Host.Run("tar", "-C", Images.Directory, "-cf", directory + "/files.tar", ".");
        caller.Run("create", "--size", "16", "image.img").Succeeds();
        caller.Run("import", "image.img", "files.tar").Succeeds();
        Host.Write(directory + "/tree/below", "copied\n");
        Host.Write(directory + "/canary", "whole\n");

        caller.Run("copy", "image.img", "-r", "tree", "/opt").Succeeds();
        caller.Run("copy", "image.img", "tree/below", "/etc/other").Succeeds();
        As.Root.In(directory).Run("exec", "image.img", "cat", "/opt/tree/below", "/etc/other").Prints("copied\ncopied");
        caller.Run("copy", "image.img", "--reflink", "tree", "/opt").IsFatal("copy does not know the option --reflink");
        caller.Run("copy", "image.img", "nosuch", "/opt").Ends(255);
        caller.Run("copy", Images.Sif, "tree", "/opt").IsFatal("is no ext3 image");

        Caller shell = caller.With("SHELL=/bin/sh");
        shell.Reading("cat $SINGULARITY_ROOTFS/etc/other; id -u; echo lost > $SINGULARITY_ROOTFS/etc/other\n").Run("mount", "image.img").Shows("copied\n0\n");
        shell.Reading("cat $SINGULARITY_ROOTFS/etc/os-release; touch $SINGULARITY_ROOTFS/etc/other 2>/dev/null || echo closed\n").Run("mount", Images.Sif).Shows("ID=busybox-test").Shows("closed");
        shell.Reading($"echo kept > $SINGULARITY_ROOTFS/etc/other; ln -s {directory} $SINGULARITY_ROOTFS/out; exit 0\n").Run("mount", "--writable", "image.img").Succeeds();
        shell.Reading("echo lost > $SINGULARITY_ROOTFS/etc/other; exit 3\n").Run("mount", "-w", "image.img").IsFatal("ended with status 3");
        As.Root.In(directory).Run("exec", "image.img", "cat", "/etc/other").Prints("kept");

        // The link in the image leads to no place of the host.
        _ = caller.Run("copy", "image.img", "tree/below", "/out/canary");
        Assert.Equal("whole\n", File.ReadAllText(directory + "/canary"));
    }

    [Fact]
    public void What_does_not_fit_or_is_no_such_image_leaves_the_old_one()
    {
        caller.Run("create", "--size", "4", "image.img").Succeeds();
        byte[] before = File.ReadAllBytes(directory + "/image.img");
        Host.Run("dd", "if=/dev/urandom", $"of={directory}/large", "bs=1M", "count=8");
        Host.Run("tar", "-C", directory, "-cf", directory + "/large.tar", "large");

        caller.Run("import", "image.img", "large.tar").Ends(255).Warns("do not fit into 4 MiB");
        caller.Run("create", "--size", "4", "image.img").Ends(255).Warns("exists already");
        caller.Run("expand", Images.Sif).Ends(255).Warns("is no ext3 image");

        Assert.Equal(before, File.ReadAllBytes(directory + "/image.img"));
        Assert.Empty(Directory.GetFileSystemEntries(directory, "*kerr*"));
    }

    [Fact]
    public void Help_and_apps_of_an_image_are_shown()
    {
        var definition = new Definition(Builder.Single, "%help\nhelp of it\n%apprun b\n true\n%apprun a\n true\n");
        definition.Build().Succeeds();
        definition.Caller.Run("help", "image.sif").Prints("help of it");
        definition.Caller.Run("apps", "image.sif").Prints("a\nb");
    }
}

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

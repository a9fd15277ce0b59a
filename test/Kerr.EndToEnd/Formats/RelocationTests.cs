using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Formats;

/// <summary>The tree works wherever it lies, as on a read-only network file system of somebody else.</summary>
public class RelocationTests
{
    [Fact]
    public void A_moved_tree_works_under_all_its_names()
    {
        string moved = $"{Host.Directory()}/some where/else";
        Directory.CreateDirectory(Path.GetDirectoryName(moved)!);
        Tree.CopyTo(moved);
        foreach (string name in (string[])["kerr", "apptainer", "singularity"])
        {
            As.User.Named($"{moved}/bin/{name}").Run("exec", Images.Directory, "echo", name).Prints(name);
            As.User.Named($"{moved}/bin/{name}").Run("exec", Images.Sif, "echo", name).Prints(name);
        }

        As.User.Named($"{moved}/bin/kerr").Run("buildcfg", "BINDIR").Prints($"{moved}/bin");
    }

    [Fact]
    public void A_link_to_the_program_finds_its_tree()
    {
        string link = $"{Host.Directory()}/apptainer";
        File.CreateSymbolicLink(link, Tree.Bin("kerr"));
        As.User.Named(link).Run("exec", Images.Directory, "echo", "linked").Prints("linked");
        As.User.Named("apptainer").Named("/usr/bin/env").With($"PATH={Path.GetDirectoryName(link)}:{Caller.DefaultPath}").Run("apptainer", "exec", Images.Directory, "echo", "found").Prints("found");
    }

    [Fact]
    public void A_tree_of_somebody_else_that_nobody_can_write_works()
    {
        Need.Program("unshare");
        string moved = $"{Host.Directory()}/tree";
        Tree.CopyTo(moved);
        Host.Run("chown", "-R", "12345:12345", moved);
        string mount = $"mount --bind {moved} {moved} && mount -o remount,bind,ro,nosuid,nodev {moved} && exec \"$@\"";
        string[] user = TestUser.First.Command;
        Caller root = As.Root.In("/").Named("/usr/bin/unshare");
        root.Run(["-m", "sh", "-c", mount, "sh", .. user, $"{moved}/bin/kerr", "exec", Images.Directory, "echo", "ran"]).Prints("ran");
        root.Run(["-m", "sh", "-c", mount, "sh", .. user, $"{moved}/bin/kerr", "exec", "--containall", Images.Sif, "echo", "ran"]).Prints("ran");
        root.Run(["-m", "sh", "-c", mount, "sh", $"{moved}/bin/kerr", "exec", Images.Directory, "echo", "root ran"]).Prints("root ran");
    }

    [Fact]
    public void An_image_directory_that_nobody_can_write_works()
    {
        string image = Images.New().Path;
        string mount = $"mount --bind {image} {image} && mount -o remount,bind,ro,nosuid,nodev {image} && exec \"$@\"";
        As.Root.In("/").Named("/usr/bin/unshare").Run(["-m", "sh", "-c", mount, "sh", .. TestUser.First.Command, Tree.Bin("kerr"), "exec", "-B", "/etc:/new/place", image, "head", "-1", "/etc/os-release"])
            .Prints("ID=busybox-test");
    }
}

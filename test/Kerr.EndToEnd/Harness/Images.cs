using System;
using System.IO;
using Kerr.Tests;

namespace Kerr.EndToEnd.Harness;

/// <summary>Images that many tests use, made once per run.</summary>
internal static class Images
{
    private static ImageTree? busybox;
    private static ImageTree? own;
    private static string? sif;
    private static string? ownSif;

    /// <summary>A directory with busybox and the usual directories, owned by root, without /.singularity.d.</summary>
    public static string Directory => Tree.Path;

    /// <summary>The program of that name, which busybox may lack; it needs no shell, and fails when a variable is not set.</summary>
    public const string Printenv =
        "#!/bin/awk -f\nBEGIN { for (i = 1; i < ARGC; i++) { if (!(ARGV[i] in ENVIRON)) exit 1; print ENVIRON[ARGV[i]] } }\n";

    /// <summary>The same as a SIF file.</summary>
    public static string Sif => sif ??= Tree.Sif("busybox.sif");

    /// <summary>The same directory, owned by the test user: in it they may change what a writable layer lets them.</summary>
    public static string OwnDirectory => (own ??= New().OwnedBy(TestUser.First)).Path;

    /// <summary><see cref="OwnDirectory"/> as a SIF file.</summary>
    public static string OwnSif
    {
        get
        {
            _ = OwnDirectory;
            return ownSif ??= own!.Sif("own.sif");
        }
    }

    /// <summary>The directory behind <see cref="Directory"/>; to change something, <see cref="New"/> makes another.</summary>
    private static ImageTree Tree => busybox ??= New();

    /// <summary>A new tree as <see cref="Directory"/>, for a test to change.</summary>
    public static ImageTree New()
    {
        if (!File.Exists("/bin/busybox"))
        {
            Need.Missing("busybox-static");
        }

        var tree = new ImageTree();
        foreach (string directory in (string[])["/bin", "/dev", "/etc", "/home", "/mnt", "/opt", "/proc", "/root", "/srv", "/sys", "/usr/bin", "/var", "/lib"])
        {
            tree.Directory(directory);
        }

        tree.Directory("/tmp", (UnixFileMode)0x3FF).Directory("/var/tmp", (UnixFileMode)0x3FF);
        File.Copy("/bin/busybox", tree.Path + "/bin/busybox");
        File.SetUnixFileMode(tree.Path + "/bin/busybox", Modes.Everybody);
        foreach (string applet in Applets())
        {
            if (applet is not ("busybox" or "printenv"))
            {
                File.CreateSymbolicLink($"{tree.Path}/bin/{applet}", "busybox");
            }
        }

        return tree
            .Script("/bin/printenv", Printenv)
            .File("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
            .File("/etc/group", "root:x:0:\n")
            .File("/etc/hosts", "")
            .File("/etc/resolv.conf", "")
            .File("/etc/os-release", "ID=busybox-test\nVERSION_ID=1\n");
    }

    /// <summary>The least image: these files only (path inside, file of the host), no shell, no directories but dev and proc.</summary>
    public static ImageTree Bare(params (string Inside, string Source)[] programs)
    {
        ImageTree tree = new ImageTree().Directory("/dev").Directory("/proc");
        foreach ((string inside, string source) in programs)
        {
            tree.Copy(inside, source);
        }

        return tree;
    }

    private static string[] Applets() => Host.Run("/bin/busybox", "--list").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

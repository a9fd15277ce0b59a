using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.KernelTests.ImageServer;

/// <summary>
/// A whole distribution and the sample tree, packed in each way: what the server shows is what the kernel's driver shows, what
/// mksquashfs says that it packed, and what unsquashfs unpacks. Two ways every day, all with KERR_LONG=1.
/// </summary>
public sealed partial class DebianImageTests(SampleTree sample) : IClassFixture<SampleTree>
{
    // What is unpacked has inodes, link counts of directories and times of access and change of its own.
    private const string Comparable = """
        import hashlib, os, stat, sys
        top = sys.argv[1]
        first = {}
        def tell(path):
            s = os.lstat(path)
            regular = stat.S_ISREG(s.st_mode)
            name = os.path.relpath(path, top)
            fields = [name, oct(s.st_mode), s.st_uid, s.st_gid, int(s.st_mtime), first.setdefault(s.st_ino, name) if regular else '',
                      s.st_rdev if stat.S_ISCHR(s.st_mode) or stat.S_ISBLK(s.st_mode) else 0]
            if stat.S_ISLNK(s.st_mode):
                fields.append(os.readlink(path))
            if regular:
                fields += [s.st_size, s.st_nlink, hashlib.sha256(open(path, 'rb').read()).hexdigest()]
            try:
                fields += [(n, os.getxattr(path, n, follow_symlinks=False)) for n in sorted(os.listxattr(path, follow_symlinks=False))]
            except OSError as error:
                if error.errno != 95:   # ENOTSUP: an image without any
                    raise
            print(*fields)
        tell(top)
        for folder, folders, files in os.walk(top):
            folders.sort()
            for name in sorted(folders + files):
                tell(os.path.join(folder, name))
        """;

    // Kind, path, and of regular files the size.
    private const string Packed = """
        import os, stat, sys
        top = sys.argv[1]
        kinds = [(stat.S_ISREG, 'file'), (stat.S_ISDIR, 'directory'), (stat.S_ISLNK, 'symbolic link'), (stat.S_ISCHR, 'character device'),
                 (stat.S_ISBLK, 'block device'), (stat.S_ISFIFO, 'fifo')]
        def tell(path):
            s = os.lstat(path)
            print(next(k for f, k in kinds if f(s.st_mode)), path[len(top):] or '/', s.st_size if stat.S_ISREG(s.st_mode) else '')
        tell(top)
        for folder, folders, files in os.walk(top):
            for name in folders + files:
                tell(os.path.join(folder, name))
        """;

    public static TheoryData<string> Options
    {
        get
        {
            bool all = System.Environment.GetEnvironmentVariable("KERR_LONG") == "1";
            var options = new TheoryData<string>();
            foreach (string codec in (string[])["gzip", "xz", "lz4", "zstd"])
            {
                foreach (string block in (string[])["4096", "128K", "1M"])
                {
                    if (all || (codec, block) is ("zstd", "128K") or ("lz4", "4096"))
                    {
                        options.Add($"-comp {codec} -b {block}");
                    }
                }
            }

            return options;
        }
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Every_file_is_what_the_kernel_mksquashfs_and_unsquashfs_say(string options)
    {
        MountedImage.Need();
        Kerr.Tests.Need.Program("unsquashfs");
        string folder = Directory.CreateTempSubdirectory("kerr-debian-").FullName;
        string image = Path.Combine(folder, "image.sqfs"), kernel = Path.Combine(folder, "kernel"), unpacked = Path.Combine(folder, "unpacked");
        try
        {
            string log = SampleTree.Run(["mksquashfs", DebianTree.Directory, sample.Tree, image, "-info", "-no-progress", .. options.Split(' ')]);
            Directory.CreateDirectory(kernel);
            SampleTree.Run("mount", "-t", "squashfs", "-o", "loop,ro", image, kernel);
            using (var served = new MountedImage(image))
            {
                string[] shown = SampleTree.List(served.Path).Split('\n');
                Assert.InRange(shown.Length, 8000, int.MaxValue);
                Assert.Equal(SampleTree.List(kernel).Split('\n'), shown);

                Assert.Equal(Told(log), Sorted(SampleTree.Run("python3", "-c", Packed, served.Path)));

                SampleTree.Run("unsquashfs", "-no-progress", "-quiet", "-d", unpacked, image);
                Assert.Equal(SampleTree.Run("python3", "-c", Comparable, unpacked).Split('\n'), SampleTree.Run("python3", "-c", Comparable, served.Path).Split('\n'));
            }
        }
        finally
        {
            if (Directory.Exists(kernel))
            {
                SampleTree.Run("umount", kernel);
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What mksquashfs tells of each thing that it packs, in the form of <see cref="Packed"/>.</summary>
    private static string[] Told(string log)
    {
        var told = new List<string>();
        foreach (string line in log.Split('\n'))
        {
            if (Line().Match(line) is { Success: true } match)
            {
                told.Add(string.Create(CultureInfo.InvariantCulture, $"{match.Groups["kind"].Value} {match.Groups["path"].Value} {match.Groups["size"].Value}"));
            }
        }

        told.Sort(StringComparer.Ordinal);
        return [.. told];
    }

    private static string[] Sorted(string lines) => [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"^(?<kind>file|directory|symbolic link|character device|block device|fifo) (?<path>/.*?)(, uncompressed size (?<size>\d+) bytes.*| inode 0x[0-9a-f]+)( LINK)?$")]
    private static partial Regex Line();
}

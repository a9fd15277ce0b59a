using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using Kerr.Image;
using Kerr.Image.SquashFs;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Xunit;

namespace Kerr.Tests.Image.SquashFs;

/// <summary>A directory with one of each thing that a squashfs can hold, and images that mksquashfs makes of it.</summary>
public sealed class SquashFsSource : IDisposable
{
    internal const int ManyFiles = 700;
    private const string OddName = "in/\u00ff\u00fe";   // Latin-1 for the bytes ff fe, which are not UTF-8
    internal static readonly string LongTarget = new('t', 3000);

    private readonly TemporaryDirectory _directory = new();

    public SquashFsSource()
    {
        var random = new Random(1);
        _directory.Write("in/empty", "");
        _directory.Write("in/small", "small file\n");
        _directory.Write("in/sub/dir/deep", "deep");
        _directory.Write("in/.singularity.d/env/10-a.sh", "A=1\n");
        _directory.Write("in/.singularity.d/env/90-b.sh", "B=2\n");
        _directory.Write("in/block", Bytes(random, 131_072));
        _directory.Write("in/blocks", Bytes(random, (3 * 131_072) + 4321));
        _directory.Write("in/text", string.Concat(Repeat("the same line again and again\n", 20_000)));
        for (int i = 0; i < ManyFiles; i++)
        {
            _directory.Write($"in/many/a-name-that-makes-the-listing-long-{i:d4}", i.ToString(CultureInfo.InvariantCulture));
        }

        using (FileStream sparse = File.OpenWrite(_directory.File("in/sparse")))
        {
            sparse.Seek(1_000_000, SeekOrigin.Begin);
            sparse.Write("middle"u8);
            sparse.SetLength(2_500_000);
        }

        File.CreateSymbolicLink(_directory.File("in/link"), "sub/dir/deep");
        File.CreateSymbolicLink(_directory.File("in/climb"), "/../../small");
        File.CreateSymbolicLink(_directory.File("in/long"), LongTarget);
        Directory.CreateDirectory(_directory.File("in/nothing"));
        FileCalls.Open(_directory.File(OddName), OpenFlags.O_CREAT | OpenFlags.O_WRONLY, 0x1A4).Dispose();
        Assert.Equal(0, link(_directory.File("in/blocks"), _directory.File("in/hard")));
        HasXattrs = setxattr(_directory.File("in/small"), "user.short", [1, 2, 3], 3, 0) == 0
            && setxattr(_directory.File("in/small"), "user.shared", new byte[100], 100, 0) == 0
            && setxattr(_directory.File("in/empty"), "user.shared", new byte[100], 100, 0) == 0;
    }

    internal string Path => _directory.File("in");

    internal bool HasXattrs { get; }

    /// <summary>Makes an image, once for each set of options.</summary>
    internal string Image(params string[] options)
    {
        Need.Program("mksquashfs");
        string image = _directory.File("image" + string.Concat(options).Replace('/', '_'));
        if (!File.Exists(image))
        {
            ChildResult result = ChildProcess.Run(
                ChildProcess.Find("mksquashfs", null)!,
                [
                    Path, image, "-noappend", "-quiet", "-no-progress", "-all-time", "1000", .. options,
                    "-p", "null c 666 0 0 1 3", "-p", "disk b 640 0 6 259 70000", "-p", "pipe i 600 5 7 f", "-p", "owned d 2751 1234567 7654321",
                ],
                []);
            Assert.True(result.Succeeded, result.Output);
        }

        return image;
    }

    internal SquashFsTree Open(params string[] options)
        => new(new SquashFsImage(new MemoryRange(File.ReadAllBytes(Image(options)))));

    public void Dispose()
    {
        FileCalls.Unlink(_directory.File(OddName));
        _directory.Dispose();
    }

    private static byte[] Bytes(Random random, int count)
    {
        // Half random, half text: the blocks are compressed, but not to nothing.
        var bytes = new byte[count];
        random.NextBytes(bytes.AsSpan(0, count / 2));
        return bytes;
    }

    private static IEnumerable<string> Repeat(string text, int count)
    {
        for (int i = 0; i < count; i++)
        {
            yield return text;
        }
    }

    [DllImport("libc")]
    private static extern int link([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    [DllImport("libc")]
    private static extern int setxattr(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string path, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, byte[] value, nint size, int flags);
}

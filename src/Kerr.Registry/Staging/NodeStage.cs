using System;
using System.Collections.Generic;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Staging;

/// <summary>Copies of images on a node's own storage: made once, whoever and how many want them, and removed when room is needed.</summary>
/// <remarks>
/// <code>
///   DIRECTORY/KEY/image.sif       the copy, under the image's own name
///   DIRECTORY/KEY/digest          sha256 of its bytes, written when they were read back and found right: without it there is no copy
///   DIRECTORY/KEY/used            its time of change is when the copy was last asked for
/// </code>
/// KEY stands for inode, size, time of change and path of the original, which are the same on all nodes (its device is not): so copies have the same
/// path everywhere, and to find one takes one look at the original and no reading. Beside the original nothing is written.
/// </remarks>
public sealed class NodeStage(string directory)
{
    // A copy that was asked for a moment ago is about to be run.
    private const long ShortlyUsed = 600;
    private const int ChunkSize = 4 << 20, OthersWrite = 0x12;

    /// <summary>The path of the copy of an image; makes it where there is none, or waits for the process of this user that does.</summary>
    /// <param name="limit">How many bytes all copies may have; 0 for as many as there is room.</param>
    /// <param name="digest">What the bytes must have, as 64 hexadecimal digits; null to go by what is read.</param>
    /// <exception cref="UserException">There is no room, the digest is another, or the image changed while it was copied.</exception>
    public string Get(string image, long limit, string? digest, CancellationToken cancel, Action<string>? tell = null)
    {
        string path = FileSystem.RealPath(image) ?? throw new LinuxException("open", image, Errno.ENOENT);
        using SafeFileHandle source = FileCalls.Open(path, OpenFlags.O_RDONLY);
        FileStatus status = FileCalls.Status(source);
        if (!status.IsRegular)
        {
            throw new UserException($"{image} is no file, and only files are staged", "make one of a directory: kerr build image.sif DIRECTORY");
        }

        MakeSafe(directory, mayBeShared: true);
        string place = $"{directory}/{KeyOf(path, status)}";
        string copy = $"{place}/{path[(path.LastIndexOf('/') + 1)..]}";
        while (true)
        {
            if (DigestOf(place, copy, status.Size) is { } known)
            {
                Compare(image, known, digest);
                Touch(place);
                return copy;
            }

            using NodeLease? lease = NodeLease.TakeOrWait("stage " + place, cancel, () => tell?.Invoke($"Waiting for another process that stages {image}"));
            if (lease is not null && DigestOf(place, copy, status.Size) is null)
            {
                MakeRoom(image, status.Size, limit, place);
                MakeSafe(place, mayBeShared: false);
                tell?.Invoke($"Staging {image} in {directory}");
                Make(image, source, status, place, copy, digest);
            }
        }
    }

    private static void Make(string image, SafeFileHandle source, FileStatus before, string place, string copy, string? digest)
    {
        try
        {
            using var file = new UnnamedFile(copy);
            string read = Copy(source, file.File, before.Size);
            FileCalls.Sync(file.File);
            FileStatus after = FileCalls.Status(source);
            if (after.Size != before.Size || after.ModifiedAt != before.ModifiedAt)
            {
                throw new UserException($"{image} changed while it was copied", "stage it when it is finished");
            }

            Compare(image, read, digest);
            string written = Copy(file.File, null, before.Size);
            if (written != read)
            {
                throw new UserException($"the copy of {image} is not what was read: {written} instead of {read}", $"look at the disk of {place}");
            }

            file.Publish();
            using var note = new UnnamedFile($"{place}/digest", mode: 0x1A4);
            FileCalls.Write(note.File, 0, Encoding.ASCII.GetBytes(read + "\n"));
            note.Publish(sync: true);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ENOSPC or Errno.EDQUOT)
        {
            throw new UserException($"no space is left in {place}", "name another directory: --dir /local/scratch", failure);
        }
    }

    /// <summary>Copies to a file, or nowhere, and answers the digest of what was read.</summary>
    private static string Copy(SafeFileHandle from, SafeFileHandle? to, long size)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] chunk = new byte[ChunkSize];
        for (long at = 0; at < size;)
        {
            int count = FileCalls.Read(from, at, chunk.AsSpan(0, (int)Math.Min(ChunkSize, size - at)));
            if (count == 0)
            {
                break; // shorter than it was: its status tells
            }

            hash.AppendData(chunk, 0, count);
            if (to is not null)
            {
                FileCalls.Write(to, at, chunk.AsSpan(0, count));
            }

            at += count;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Compare(string image, string found, string? wanted)
    {
        if (wanted is not null && wanted != found)
        {
            throw new UserException($"{image} has the digest sha256:{found}, not sha256:{wanted}", "get the image again, or look where the digest is from");
        }
    }

    /// <summary>Removes copies that were not used for longest until one more has room.</summary>
    private void MakeRoom(string image, long size, long limit, string except)
    {
        if (limit > 0 && size > limit)
        {
            throw new UserException($"{image} has {size >> 20} MiB, and all copies may have {limit >> 20} MiB", "raise --max-size");
        }

        List<StagedCopy> copies = StagedCopy.Of(directory);
        copies.RemoveAll(copy => copy.Place == except);
        copies.Sort(static (one, other) => one.UsedAt.CompareTo(other.UsedAt));
        long all = 0;
        copies.ForEach(copy => all += copy.Size);
        HashSet<(uint, uint, ulong)>? open = null;
        foreach (StagedCopy copy in copies)
        {
            if (Fits())
            {
                return;
            }

            open ??= StagedCopy.OpenFiles();
            if (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - copy.UsedAt > ShortlyUsed && !open.Contains(copy.File) && copy.Remove())
            {
                all -= copy.Size;
            }
        }

        if (!Fits())
        {
            string why = limit > 0 && all + size > limit ? $"copies that are in use have {all >> 20} MiB of {limit >> 20}" : $"{FileSystem.FreeBytes(directory) >> 20} MiB are free";
            throw new UserException($"{image} has {size >> 20} MiB, and {directory} has no room for it: {why}", "run it from where it is, or name another directory: --dir /local/scratch");
        }

        // A file system that is full to the last block serves nobody well.
        bool Fits() => (limit == 0 || all + size <= limit) && (FileSystem.FreeBytes(directory) is not { } free || free > size + (size / 16));
    }

    /// <summary>The digest that was noted when the copy was whole; null where there is none.</summary>
    private static string? DigestOf(string place, string copy, long size)
        => FileSystem.TryStat(copy, follow: false) is { IsRegular: true } status && status.Size == size && IsOurs(status)
            && FileSystem.TryStat(place, follow: false) is { IsDirectory: true } above && IsOurs(above) && (above.Permissions & OthersWrite) == 0
            && SmallFile.TryRead($"{place}/digest", 128) is { Length: >= 64 } text ? Encoding.ASCII.GetString(text, 0, 64) : null;

    /// <summary>Of this user, or of root, who may have staged for all.</summary>
    private static bool IsOurs(FileStatus status) => status.Uid == 0 || status.Uid == CurrentProcess.EffectiveUserId;

    /// <summary>Makes a directory where none is; one in which others could put something else in the place of a copy is refused.</summary>
    private static void MakeSafe(string path, bool mayBeShared)
    {
        FileSystem.MakeDirectory(path, 0x1ED);
        const int Sticky = 0x200;
        if (FileSystem.TryStat(path, follow: mayBeShared) is not { IsDirectory: true } status || !IsOurs(status)
            || ((status.Permissions & OthersWrite) != 0 && !(mayBeShared && (status.Permissions & Sticky) != 0)))
        {
            throw new UserException($"{path} is no place for copies: other users can change what is in it", "name a directory of your own: --dir /local/scratch/$USER");
        }
    }

    private static void Touch(string place)
    {
        // Told by its time of change. A directory that somebody else filled cannot be written, and is not ours to remove either.
        if (FileCalls.TryOpen($"{place}/used", OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_NOFOLLOW, out SafeFileHandle file, out _, 0x1A4))
        {
            FileCalls.Write(file, 0, "\n"u8);
        }

        file.Dispose();
    }

    private static string KeyOf(string path, FileStatus status)
    {
        string identity = string.Create(CultureInfo.InvariantCulture, $"{status.Inode} {status.Size} {status.ModifiedAt} {path}");
        return Convert.ToHexStringLower(SHA256.HashData(ByteText.ToNative(identity)).AsSpan(0, 12));
    }
}

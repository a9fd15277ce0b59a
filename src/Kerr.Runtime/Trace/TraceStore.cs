using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Runtime.Trace;

/// <summary>The records of a host: segments of lines, each of which holds the digest of the line before, and the head, which names the last one.</summary>
/// <remarks>
/// <code>
/// STORE/  records-00000001.jsonl   a segment, by the number of its first record      0600, the directory 0700
///         head                     first and last number, digest of the last line
///         cursor                   where the journal, or the file, was read up to
/// </code>
/// A line is on the disk before the head names it. So after a crash the store may know more than its head, never less.
/// </remarks>
public sealed class TraceStore : IDisposable
{
    public const string DefaultDirectory = "/var/lib/kerr/trace";
    public const long DefaultSegmentSize = 64 << 20;

    /// <summary>In place of the digest of a line before the first.</summary>
    public const string NoLine = "0000000000000000000000000000000000000000000000000000000000000000";

    private const string Prefix = "records-", Suffix = ".jsonl", HeadName = "head", CursorName = "cursor";
    private const int LongestHead = 4096;

    private readonly LockFile _lock;
    private readonly List<byte[]> _waiting = [];
    private readonly long _segmentSize;
    private readonly int _kept;
    private SafeFileHandle? _segment;
    private long _size;
    private TraceHead _head;

    private TraceStore(string directory, LockFile held, long segmentSize, int kept)
    {
        Directory = directory;
        _lock = held;
        _segmentSize = segmentSize;
        _kept = kept;
        _head = TraceHead.Read(directory) ?? TraceHead.Empty;
    }

    public string Directory { get; }

    public TraceHead Head => _head;

    /// <summary>Opens a store to add to it, and makes it when it is not there; one program at a time.</summary>
    /// <param name="kept">How many segments stay; 0 for all.</param>
    /// <param name="waiting">Told once when another collector has the store.</param>
    /// <exception cref="UserException">It cannot be made or written.</exception>
    public static TraceStore Open(string directory, long segmentSize = DefaultSegmentSize, int kept = 0, Action? waiting = null)
    {
        try
        {
            for (int slash = directory.IndexOf('/', 1); slash > 0; slash = directory.IndexOf('/', slash + 1))
            {
                FileSystem.MakeDirectory(directory[..slash], 0x1ED);
            }

            FileSystem.MakeDirectory(directory, 0x1C0);
            var store = new TraceStore(directory, LockFile.Acquire(directory + "/lock", default, waiting), segmentSize, kept);
            store.Recover();
            return store;
        }
        catch (LinuxException error)
        {
            throw new UserException(
                $"cannot write the store {directory}: {error.Errno.Text()}", error.Errno is Errno.EACCES or Errno.EPERM ? "run it as root, or name another place with --store" : "name another place with --store", error);
        }
    }

    /// <summary>The segments of a store in order, by path.</summary>
    public static List<string> Segments(string directory)
    {
        var segments = new List<string>();
        foreach (string path in System.IO.Directory.Exists(directory) ? System.IO.Directory.GetFiles(directory, Prefix + "*" + Suffix) : [])
        {
            segments.Add(path);
        }

        segments.Sort(StringComparer.Ordinal);
        return segments;
    }

    /// <summary>The number of a segment's first record, as its name says.</summary>
    public static long FirstOf(string segment)
        => long.TryParse(Path.GetFileName(segment).AsSpan()[Prefix.Length..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out long first) ? first : 0;

    /// <summary>Adds a record; it counts when <see cref="Commit"/> has returned.</summary>
    public void Add(string line, Evidence evidence)
    {
        byte[] stored = StoredRecord.Line(_head.Last + 1, _head.Digest, line, evidence);
        _head = _head with { Last = _head.Last + 1, Digest = DigestOf(stored), First = _head.First == 0 ? 1 : _head.First };
        _waiting.Add(stored);
    }

    /// <summary>Writes what was added, and where its source was read up to; first the lines, then the head.</summary>
    public void Commit(string? cursor = null)
    {
        if (_waiting.Count > 0)
        {
            var text = new MemoryStream();
            long next = _head.Last - _waiting.Count + 1;
            foreach (byte[] line in _waiting)
            {
                if (_segment is null || _size + text.Length >= _segmentSize)
                {
                    Write(text);
                    Begin(next);
                }

                text.Write(line);
                text.WriteByte((byte)'\n');
                next++;
            }

            Write(text);
            _waiting.Clear();
            Drop();
            _head.Write(Directory);
        }

        if (cursor is not null)
        {
            TraceHead.Replace($"{Directory}/{CursorName}", cursor + "\n");
        }
    }

    /// <summary>Where the source was read up to; null at the first time.</summary>
    public string? Cursor => SmallFile.TryRead($"{Directory}/{CursorName}", LongestHead) is { Length: > 1 } bytes ? Encoding.Latin1.GetString(bytes).TrimEnd('\n') : null;

    public static string DigestOf(ReadOnlySpan<byte> line)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(line, digest);
        return Convert.ToHexStringLower(digest);
    }

    public void Dispose()
    {
        _segment?.Dispose();
        _lock.Dispose();
    }

    private void Write(MemoryStream text)
    {
        if (text.Length > 0)
        {
            FileCalls.Write(_segment!, _size, text.GetBuffer().AsSpan(0, (int)text.Length));
            FileCalls.Sync(_segment!);
            _size += text.Length;
            text.SetLength(0);
        }
    }

    private void Begin(long first)
    {
        _segment?.Dispose();
        _segment = FileCalls.Open(
            string.Create(CultureInfo.InvariantCulture, $"{Directory}/{Prefix}{first:d8}{Suffix}"), OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW, 0x180);
        _size = 0;
    }

    /// <summary>Removes the oldest segments; the head says from which record on the store is whole.</summary>
    private void Drop()
    {
        List<string> segments = Segments(Directory);
        for (int i = 0; _kept > 0 && i < segments.Count - _kept; i++)
        {
            _head = _head with { First = FirstOf(segments[i + 1]) };
            _head.Write(Directory);
            FileCalls.Unlink(segments[i]);
        }
    }

    /// <summary>Goes on after the last whole line: what a crash left behind the head is taken over, half a line is cut off.</summary>
    private void Recover()
    {
        List<string> segments = Segments(Directory);
        if (segments.Count == 0)
        {
            return;
        }

        _segment = FileCalls.Open(segments[^1], OpenFlags.O_RDWR | OpenFlags.O_NOFOLLOW);
        _size = FileCalls.Status(_segment).Size;
        byte[] text = new byte[_size];
        _ = FileCalls.Read(_segment, 0, text);
        int end = text.AsSpan().LastIndexOf((byte)'\n') + 1;
        if (end < _size)
        {
            FileCalls.SetLength(_segment, end);
            _size = end;
        }

        long number = FirstOf(segments[^1]) - 1;
        string digest = _head.Digest;
        for (ReadOnlySpan<byte> rest = text.AsSpan(0, end); !rest.IsEmpty;)
        {
            int newline = rest.IndexOf((byte)'\n');
            number++;
            if (number > _head.Last)
            {
                digest = DigestOf(rest[..newline]);
            }

            rest = rest[(newline + 1)..];
        }

        if (number > _head.Last)
        {
            _head = _head with { Last = number, Digest = digest, First = _head.First == 0 ? 1 : _head.First };
            _head.Write(Directory);
        }
    }
}

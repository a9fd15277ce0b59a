using System;
using System.Collections.Generic;
using System.IO;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Layers;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Sources;

/// <summary>The files of a tar archive by name, read where they lie. Nothing is extracted.</summary>
/// <remarks>A compressed archive is decompressed into a file without a name first: its files are needed in another order.</remarks>
internal sealed class TarFile : IDisposable
{
    private const int MostLinks = 16;
    private readonly Dictionary<string, (long Offset, long Length)> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _links = new(StringComparer.Ordinal);
    private readonly SafeFileHandle _file;

    private TarFile(SafeFileHandle file)
    {
        _file = file;
        var stream = new FileRangeStream(file, 0, FileCalls.Status(file).Size, owns: false);
        var reader = new TarReader(stream);
        while (reader.Next() is { } entry)
        {
            string name = LayerPath.Clean(entry.Name);
            if (entry.Kind == TarKind.File)
            {
                _files[name] = (stream.Position, entry.Size);
                _links.Remove(name);
            }
            else if (entry.Kind is TarKind.HardLink or TarKind.SymbolicLink)
            {
                // Docker links layers that several images of an archive share.
                int slash = name.LastIndexOf('/');
                string directory = entry.Kind == TarKind.HardLink || slash < 0 ? "" : name[..slash];
                _links[name] = LayerPath.Follow(directory, entry.LinkName);
            }
        }
    }

    /// <param name="temporary">The directory for the decompressed copy, where one is needed.</param>
    internal static TarFile Open(string path, string temporary)
    {
        return Open(FileCalls.Open(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK), temporary);
    }

    /// <param name="file">Belongs to the result from here on.</param>
    internal static TarFile Open(SafeFileHandle file, string temporary)
    {
        try
        {
            Span<byte> start = stackalloc byte[4];
            int count = FileCalls.Read(file, 0, start);
            if (count == 4 && ((start[0] == 0x1F && start[1] == 0x8B) || start.SequenceEqual((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD])))
            {
                using SafeFileHandle compressed = file;
                file = Decompress(compressed, temporary);
            }

            return new TarFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    internal bool Has(string name) => Resolve(name) is not null;

    /// <exception cref="InvalidDataException">There is no such file.</exception>
    internal FileRangeStream OpenFile(string name)
    {
        (long offset, long length) = _files[Resolve(name) ?? throw new InvalidDataException($"the archive has no {name}")];
        return new FileRangeStream(_file, offset, length, owns: false);
    }

    internal byte[] ReadFile(string name, int limit)
    {
        using FileRangeStream stream = OpenFile(name);
        if (stream.Length > limit)
        {
            throw new InvalidDataException($"{name} in the archive is longer than {limit} bytes");
        }

        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public void Dispose() => _file.Dispose();

    private string? Resolve(string name)
    {
        name = LayerPath.Clean(name);
        for (int i = 0; i < MostLinks && !_files.ContainsKey(name); i++)
        {
            if (!_links.TryGetValue(name, out string? target))
            {
                return null;
            }

            name = target;
        }

        return _files.ContainsKey(name) ? name : null;
    }

    private static SafeFileHandle Decompress(SafeFileHandle compressed, string temporary)
    {
        using var source = LayerStream.Open(new FileRangeStream(compressed, 0, FileCalls.Status(compressed).Size, owns: false));
        var copy = new UnnamedFile(temporary + "/archive");
        var buffer = new byte[1 << 18];
        long at = 0;
        try
        {
            for (int count; (count = source.Read(buffer)) > 0; at += count)
            {
                FileCalls.Write(copy.File, at, buffer.AsSpan(0, count));
            }

            return copy.Release();
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ENOSPC or Errno.EDQUOT)
        {
            throw new UserException($"no space is left in {temporary} for the decompressed archive", "name a directory with more room: TMPDIR=/scratch", failure);
        }
        finally
        {
            copy.Dispose();
        }
    }
}

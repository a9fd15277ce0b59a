using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.Registry.Layers;

namespace Kerr.Tests.Registry.Layers;

/// <summary>Tar archives made in sight, and what is in them.</summary>
internal sealed class TarBytes
{
    private readonly TarWriter _writer;
    private readonly Func<byte[]> _bytes;

    internal TarBytes()
    {
        var stream = new MemoryStream();
        _writer = new TarWriter(stream);
        _bytes = stream.ToArray;
    }

    internal TarBytes Directory(string name, int mode = 0b111_101_101, uint uid = 0)
        => Put(new TarEntry(TarKind.Directory, name) { Mode = mode, Uid = uid, ModifiedAt = 5 }, "");

    internal TarBytes File(string name, string content = "", int mode = 0b110_100_100, params TarAttribute[] attributes)
        => Put(new TarEntry(TarKind.File, name) { Mode = mode, ModifiedAt = 7, Attributes = attributes }, content);

    internal TarBytes Link(string name, string target) => Put(new TarEntry(TarKind.SymbolicLink, name) { LinkName = target }, "");

    internal TarBytes HardLink(string name, string target) => Put(new TarEntry(TarKind.HardLink, name) { LinkName = target }, "");

    internal TarBytes Put(TarEntry entry, string content)
    {
        if (entry.Kind == TarKind.File)
        {
            _writer.Write(entry, Encoding.Latin1.GetBytes(content));
        }
        else
        {
            _writer.Write(entry);
        }

        return this;
    }

    internal byte[] End()
    {
        _writer.Finish();
        return _bytes();
    }

    /// <summary>A line for each entry: <c>name=content</c>, <c>name/</c>, <c>name&gt;target</c>, <c>name~hard link</c>.</summary>
    internal static List<string> Lines(byte[] tar)
    {
        var lines = new List<string>();
        var reader = new TarReader(new MemoryStream(tar));
        while (reader.Next() is { } entry)
        {
            lines.Add(entry.Kind switch
            {
                TarKind.Directory => entry.Name,
                TarKind.SymbolicLink => $"{entry.Name}>{entry.LinkName}",
                TarKind.HardLink => $"{entry.Name}~{entry.LinkName}",
                _ => $"{entry.Name}={Content(reader)}",
            });
        }

        return lines;
    }

    internal static string Content(TarReader reader)
    {
        var text = new StringBuilder();
        var buffer = new byte[97];
        for (int count; (count = reader.Read(buffer)) > 0;)
        {
            text.Append(Encoding.Latin1.GetString(buffer.AsSpan(0, count)));
        }

        return text.ToString();
    }
}

using System;
using System.Buffers.Text;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Kerr.Registry.Layers;

/// <summary>What extended headers say about the entries that follow: records <c>LENGTH KEY=VALUE\n</c>.</summary>
internal sealed class PaxRecords
{
    private const string Schily = "SCHILY.xattr.", LibArchive = "LIBARCHIVE.xattr.";

    internal string? Path { get; private set; }

    internal string? LinkPath { get; private set; }

    internal long? Size { get; private set; }

    internal long? Uid { get; private set; }

    internal long? Gid { get; private set; }

    internal long? ModifiedAt { get; private set; }

    /// <summary>The name of a sparse file; its entry has another.</summary>
    internal string? SparseName { get; private set; }

    internal long? SparseSize { get; private set; }

    /// <summary>Offset and length by turns, of the forms 0.0 and 0.1.</summary>
    internal List<long> SparseMap { get; } = [];

    /// <summary>The form 1.0: the map stands before the data.</summary>
    internal bool SparseMapInData { get; private set; }

    internal List<TarAttribute> Attributes { get; } = [];

    /// <summary>Takes the records of one extended header, on top of those that are there.</summary>
    internal void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && bytes[0] != 0)
        {
            if (!Utf8Parser.TryParse(bytes, out int length, out int digits) || length <= digits || length > bytes.Length
                || bytes[digits] != (byte)' ' || bytes[length - 1] != (byte)'\n')
            {
                throw new InvalidDataException("an extended tar header is malformed");
            }

            ReadOnlySpan<byte> record = bytes[(digits + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
            {
                throw new InvalidDataException("a record of an extended tar header has no name");
            }

            Take(Encoding.Latin1.GetString(record[..equals]), record[(equals + 1)..]);
            bytes = bytes[length..];
        }
    }

    private void Take(string key, ReadOnlySpan<byte> value)
    {
        switch (key)
        {
            case "path":
                Path = Text(value);
                break;
            case "linkpath":
                LinkPath = Text(value);
                break;
            case "size":
                Size = Number(value);
                break;
            case "uid":
                Uid = Number(value);
                break;
            case "gid":
                Gid = Number(value);
                break;
            case "mtime":
                ModifiedAt = Number(value);
                break;
            case "GNU.sparse.name":
                SparseName = Text(value);
                break;
            case "GNU.sparse.size" or "GNU.sparse.realsize":
                SparseSize = Number(value);
                break;
            case "GNU.sparse.major":
                SparseMapInData = Number(value) == 1;
                break;
            case "GNU.sparse.offset" or "GNU.sparse.numbytes":
                SparseMap.Add(Number(value));
                break;
            case "GNU.sparse.map":
                SparseMap.Clear();
                foreach (Range part in value.Split((byte)','))
                {
                    SparseMap.Add(Number(value[part]));
                }

                break;
            default:
                if (key.StartsWith(Schily, StringComparison.Ordinal))
                {
                    Attributes.Add(new TarAttribute(key[Schily.Length..], value.ToArray()));
                }
                else if (key.StartsWith(LibArchive, StringComparison.Ordinal))
                {
                    Attributes.Add(new TarAttribute(Uri.UnescapeDataString(key[LibArchive.Length..]), Base64(value)));
                }

                break;
        }
    }

    private static string Text(ReadOnlySpan<byte> value) => TarHeader.Text(value);

    private static long Number(ReadOnlySpan<byte> value)
    {
        // Times have a fraction, and may be negative; squashfs has whole seconds.
        int dot = value.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = dot < 0 ? value : value[..dot];
        return Utf8Parser.TryParse(whole, out long number, out int used) && used == whole.Length
            ? number
            : throw new InvalidDataException("a number in an extended tar header is malformed");
    }

    private static byte[] Base64(ReadOnlySpan<byte> value)
    {
        try
        {
            // Written without padding.
            string text = Encoding.Latin1.GetString(value).TrimEnd('=');
            return Convert.FromBase64String(text + new string('=', (4 - (text.Length % 4)) % 4));
        }
        catch (FormatException)
        {
            throw new InvalidDataException("an extended attribute in a tar header is malformed");
        }
    }
}

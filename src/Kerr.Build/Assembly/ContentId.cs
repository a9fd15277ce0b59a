using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using Kerr.Image;
using Kerr.Image.Sif;

namespace Kerr.Build.Assembly;

/// <summary>An image id that is computed from the image's content: the same for the same content, else never.</summary>
/// <remarks>A UUID of version 8, RFC 9562 §5.8, from SHA-256. Nobody can choose a content to get a wanted id.</remarks>
internal static class ContentId
{
    internal static Guid Of(List<SifObject> objects, string architecture, IByteSource file, long partition)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes(architecture + "\0"));
        foreach (SifObject small in objects)
        {
            hash.AppendData(Encoding.Latin1.GetBytes($"{(int)small.DataType} {small.Name}\0{small.Content.Length}\0"));
            small.Content.Position = 0;
            using var copy = new MemoryStream();
            small.Content.CopyTo(copy);
            hash.AppendData(copy.GetBuffer().AsSpan(0, (int)copy.Length));
            small.Content.Position = 0;
        }

        var buffer = new byte[1 << 20];
        for (long at = partition; at < file.Length;)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, file.Length - at));
            file.Read(at, part);
            hash.AppendData(part);
            at += part.Length;
        }

        Span<byte> id = hash.GetHashAndReset().AsSpan(0, 16);
        id[6] = (byte)((id[6] & 0x0F) | 0x80);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true);
    }
}

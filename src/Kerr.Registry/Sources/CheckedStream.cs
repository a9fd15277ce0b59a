using System;
using System.IO;
using System.Security.Cryptography;
using Kerr.Registry.Distribution;
using Kerr.Registry.Layers;

namespace Kerr.Registry.Sources;

/// <summary>Content that is held against its digest and length while it is read.</summary>
/// <remarks>What is made of it must not be used before <see cref="Finish"/> has returned.</remarks>
public sealed class CheckedStream(Stream content, BlobDescriptor blob) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = blob.Digest.StartHash();
    private long _count;
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        int count = content.Read(buffer);
        if (count > 0)
        {
            _count += count;
            if (_count > blob.Size)
            {
                throw Wrong($"it is longer than the {blob.Size} bytes it should have");
            }

            _hash.AppendData(buffer[..count]);
        }
        else if (!buffer.IsEmpty)
        {
            Check();
        }

        return count;
    }

    /// <summary>Reads what is left and compares.</summary>
    /// <exception cref="InvalidDataException">It is not the content that was named.</exception>
    public void Finish()
    {
        Span<byte> rest = stackalloc byte[8192];
        while (Read(rest) > 0)
        {
        }
    }

    private void Check()
    {
        if (_ended)
        {
            return;
        }

        if (_count != blob.Size)
        {
            throw Wrong($"it has {_count} bytes instead of {blob.Size}");
        }

        string found = Convert.ToHexStringLower(_hash.GetHashAndReset());
        _ended = found == blob.Digest.Hex ? true : throw Wrong($"its digest is {found}");
    }

    private InvalidDataException Wrong(string why) => new($"the content of {blob.Digest} is damaged: {why}");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}

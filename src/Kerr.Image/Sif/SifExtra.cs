using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;

namespace Kerr.Image.Sif;

/// <summary>The last 384 bytes of a descriptor, by the type of its object.</summary>
/// <remarks>
/// <code>
/// partition        file system 4 | partition type 4 | architecture 3
/// signature        hash type 4   | fingerprint 20, zeros up to 256
/// crypto message   format 4      | message type 4
/// bill of materials format 4
/// OCI root index, OCI blob: "sha256:…" as text
/// </code>
/// The numbers may be unknown ones: enums here can hold values without a name.
/// </remarks>
public static class SifExtra
{
    private const int FingerprintSize = 20;

    public static SifPartition Partition(SifDescriptor descriptor)
    {
        ReadOnlySpan<byte> extra = ExtraOf(descriptor, SifDataType.Partition);
        return new SifPartition(
            (PartitionFileSystem)Int(extra),
            (SifPartitionType)Int(extra[4..]),
            SifArchitecture.Name(extra.Slice(8, 3)));
    }

    public static SifSignature Signature(SifDescriptor descriptor)
    {
        ReadOnlySpan<byte> extra = ExtraOf(descriptor, SifDataType.Signature);
        ReadOnlySpan<byte> fingerprint = extra.Slice(4, FingerprintSize);
        return new SifSignature(
            (SifHashType)Int(extra),
            fingerprint.ContainsAnyExcept((byte)0) ? Convert.ToHexString(fingerprint) : null);
    }

    public static SifCryptoMessage CryptoMessage(SifDescriptor descriptor)
    {
        ReadOnlySpan<byte> extra = ExtraOf(descriptor, SifDataType.CryptoMessage);
        return new SifCryptoMessage((SifMessageFormat)Int(extra), (SifMessageType)Int(extra[4..]));
    }

    public static SifSbomFormat Sbom(SifDescriptor descriptor) => (SifSbomFormat)Int(ExtraOf(descriptor, SifDataType.Sbom));

    /// <summary>The digest in the descriptor of an OCI object: <c>sha256:</c> and 64 hexadecimal digits.</summary>
    public static string OciDigest(SifDescriptor descriptor)
    {
        if (descriptor.DataType is not (SifDataType.OciBlob or SifDataType.OciRootIndex))
        {
            throw new InvalidDataException($"object {descriptor.Id} is not an OCI object");
        }

        string digest = SifHeader.Text(descriptor.Extra.Span);
        return IsDigest(digest) ? digest : throw new InvalidDataException($"object {descriptor.Id} has no sha256 digest");
    }

    public static byte[] Of(SifPartition partition)
    {
        var extra = new byte[SifDescriptor.ExtraSize];
        Put(extra, 0, (int)partition.FileSystem);
        Put(extra, 4, (int)partition.Type);
        SifArchitecture.Code(partition.Architecture).CopyTo(extra.AsSpan(8));
        return extra;
    }

    public static byte[] Of(SifSignature signature)
    {
        byte[] fingerprint = signature.Fingerprint is { } text ? Convert.FromHexString(text) : [];
        if (fingerprint.Length is not (0 or FingerprintSize))
        {
            throw new ArgumentException($"a fingerprint has {FingerprintSize} bytes, not {fingerprint.Length}", nameof(signature));
        }

        var extra = new byte[SifDescriptor.ExtraSize];
        Put(extra, 0, (int)signature.Hash);
        fingerprint.CopyTo(extra.AsSpan(4));
        return extra;
    }

    public static byte[] Of(SifCryptoMessage message)
    {
        var extra = new byte[SifDescriptor.ExtraSize];
        Put(extra, 0, (int)message.Format);
        Put(extra, 4, (int)message.Type);
        return extra;
    }

    public static byte[] Of(SifSbomFormat format)
    {
        var extra = new byte[SifDescriptor.ExtraSize];
        Put(extra, 0, (int)format);
        return extra;
    }

    /// <summary>The extra bytes of an OCI object with this digest.</summary>
    public static byte[] OfDigest(string digest)
    {
        if (!IsDigest(digest))
        {
            throw new ArgumentException($"{digest} is not a sha256 digest", nameof(digest));
        }

        var extra = new byte[SifDescriptor.ExtraSize];
        Encoding.ASCII.GetBytes(digest, extra);
        return extra;
    }

    private static bool IsDigest(string text)
    {
        const string Algorithm = "sha256:";
        if (text.Length != Algorithm.Length + 64 || !text.StartsWith(Algorithm, StringComparison.Ordinal))
        {
            return false;
        }

        foreach (char digit in text.AsSpan(Algorithm.Length))
        {
            if (!char.IsAsciiHexDigitLower(digit))
            {
                return false;
            }
        }

        return true;
    }

    private static ReadOnlySpan<byte> ExtraOf(SifDescriptor descriptor, SifDataType type)
        => descriptor.DataType == type
            ? descriptor.Extra.Span
            : throw new InvalidDataException($"object {descriptor.Id} has type 0x{(int)descriptor.DataType:x}, not 0x{(int)type:x}");

    private static int Int(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32LittleEndian(bytes);

    private static void Put(Span<byte> bytes, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(bytes[at..], value);
}

/// <summary>What the descriptor of a partition says beyond its place; the architecture is Go's name, null if unknown.</summary>
public readonly record struct SifPartition(PartitionFileSystem FileSystem, SifPartitionType Type, string? Architecture);

/// <summary>What the descriptor of a signature says; the fingerprint is 40 hexadecimal digits, null for X.509 signatures.</summary>
public readonly record struct SifSignature(SifHashType Hash, string? Fingerprint);

/// <summary>What the descriptor of a cryptographic message says.</summary>
public readonly record struct SifCryptoMessage(SifMessageFormat Format, SifMessageType Type);

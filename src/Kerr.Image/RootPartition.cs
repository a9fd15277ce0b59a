using System;
using System.IO;
using Kerr.Image.Ext3;
using Kerr.Image.Sif;
using Kerr.Image.SquashFs;

namespace Kerr.Image;

/// <summary>A file system in an image file: where it lies and what it is.</summary>
/// <param name="Compression">Of a squashfs: gzip, lzma, lzo, xz, lz4 or zstd.</param>
/// <param name="Primary">Whether a launch takes it as root.</param>
/// <param name="DescriptorId">Its object in the SIF file; null in an image that is none.</param>
public readonly record struct RootPartition(
    long Offset, long Size, PartitionFileSystem FileSystem, string? Compression, bool Primary, uint? DescriptorId)
{
    /// <summary>The partition that a SIF descriptor describes, after a look at its first bytes.</summary>
    internal static RootPartition Of(IByteSource file, SifDescriptor descriptor)
    {
        SifPartition extra = SifExtra.Partition(descriptor);
        string? compression = null;
        switch (extra.FileSystem)
        {
            case PartitionFileSystem.SquashFs:
                compression = SquashFsIn(file, descriptor.Offset, descriptor.Length);
                break;
            case PartitionFileSystem.Ext3:
                Span<byte> start = stackalloc byte[Ext3Superblock.End];
                if (descriptor.Length < start.Length)
                {
                    throw new InvalidDataException($"partition {descriptor.Id} is too small for an ext3 file system");
                }

                file.Read(descriptor.Offset, start);
                Ext3Superblock.Check(start, descriptor.Length);
                break;
            case PartitionFileSystem.EncryptedSquashFs or PartitionFileSystem.GocryptFs or PartitionFileSystem.Raw:
                break;
            default:
                throw new InvalidDataException($"partition {descriptor.Id} has a file system of the unknown type {(int)extra.FileSystem}");
        }

        return new RootPartition(
            descriptor.Offset, descriptor.Length, extra.FileSystem, compression,
            extra.Type == SifPartitionType.PrimarySystem, descriptor.Id);
    }

    /// <summary>Checks that a squashfs lies there; gives the name of its compression.</summary>
    public static string SquashFsIn(IByteSource file, long offset, long length)
    {
        Span<byte> start = stackalloc byte[Superblock.Size];
        start = start[..(int)Math.Clamp(length, 0, start.Length)];
        file.Read(offset, start);
        return Superblock.Parse(start, length).Compression switch
        {
            SquashFsCompression.Gzip => "gzip",
            SquashFsCompression.Lzma => "lzma",
            SquashFsCompression.Lzo => "lzo",
            SquashFsCompression.Xz => "xz",
            SquashFsCompression.Lz4 => "lz4",
            _ => "zstd",
        };
    }
}

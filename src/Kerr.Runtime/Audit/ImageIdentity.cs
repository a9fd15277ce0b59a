using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Image.SquashFs;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Runtime.Audit;

/// <summary>What an image is known by: its place, and what it says of itself. Nothing of its content is read.</summary>
/// <param name="Device">Major and minor number, <c>8:1</c>.</param>
/// <param name="SifId">The id that a SIF file bears; null for other images.</param>
/// <param name="Digest">
/// SHA-256 of a SIF file's header (128 bytes) and its descriptors in use (585 bytes each, in the table's order), or of the superblock (96 bytes) of a
/// squashfs; null for others, which change.
/// </param>
/// <param name="Signers">Fingerprints that the descriptors of signatures name; nobody has verified them.</param>
public sealed record ImageIdentity(
    string Path, ImageKind Kind, string Device, ulong Inode, long Size, long ModifiedAt, string? SifId, string? Digest, IReadOnlyList<string> Signers)
{
    /// <summary>Looks at the open file; null where that fails, which the launch will find out, too.</summary>
    public static ImageIdentity? Of(ImageFile file, string path)
    {
        if (file.Handle is null)
        {
            return null;
        }

        try
        {
            FileStatus status = FileCalls.Status(file.Handle);
            var signers = new List<string>();
            foreach (SifDescriptor descriptor in file.Sif?.Descriptors ?? [])
            {
                if (descriptor.DataType == SifDataType.Signature && SifExtra.Signature(descriptor).Fingerprint is { } fingerprint)
                {
                    signers.Add(fingerprint);
                }
            }

            return new ImageIdentity(
                path, file.Kind, string.Create(CultureInfo.InvariantCulture, $"{status.DeviceMajor}:{status.DeviceMinor}"), status.Inode, status.Size, status.ModifiedAt,
                file.Sif?.Header.Id.ToString(), DigestOf(file), signers);
        }
        catch (Exception unreadable) when (unreadable is LinuxException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>The kind as records spell it.</summary>
    public string KindName => Kind switch
    {
        ImageKind.Sandbox => "directory",
        ImageKind.Sif => "sif",
        ImageKind.SquashFs => "squashfs",
        _ => "ext3",
    };

    private static string? DigestOf(ImageFile file)
    {
        var source = new Lazy<FileRange>(() => new FileRange(file.Handle!));
        Span<byte> bytes = stackalloc byte[SifDescriptor.Size];
        if (file.Sif is { } sif)
        {
            var hash = new Sha256();
            Span<byte> header = bytes[..SifHeader.Size];
            source.Value.Read(0, header);
            hash.Add(header);
            foreach (SifDescriptor descriptor in sif.Descriptors)
            {
                source.Value.Read(sif.Header.DescriptorsOffset + ((long)descriptor.Index * SifDescriptor.Size), bytes);
                hash.Add(bytes);
            }

            return hash.Finish();
        }

        if (file.Kind == ImageKind.SquashFs && file.Root is { } root)
        {
            Span<byte> superblock = bytes[..Superblock.Size];
            source.Value.Read(root.Offset, superblock);
            return new Sha256().Add(superblock).Finish();
        }

        return null;
    }
}

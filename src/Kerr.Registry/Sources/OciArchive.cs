using System.IO;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.References;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Sources;

/// <summary>A tar archive of an OCI image layout.</summary>
public static class OciArchive
{
    /// <summary>Opens <c>FILE[:TAG]</c>.</summary>
    /// <param name="temporary">A directory for temporary files.</param>
    public static OciImage Open(string name, Platform platform, string temporary)
    {
        (string path, string? tag) = OciLayout.Split(name);
        TarFile archive = OpenFile(path, temporary);
        if (!archive.Has(OciLayout.IndexName))
        {
            archive.Dispose();
            throw new UserException($"{path} is no archive of an OCI layout: it has no {OciLayout.IndexName}", $"an archive by docker save is named docker-archive:{path}");
        }

        return Open(archive, path, tag, platform);
    }

    /// <summary>Opens an archive that has no name.</summary>
    /// <param name="label">How messages call it.</param>
    internal static OciImage Open(SafeFileHandle file, string label, Platform platform, string temporary)
    {
        try
        {
            TarFile archive = TarFile.Open(file, temporary);
            return archive.Has(OciLayout.IndexName) ? Open(archive, label, null, platform) : throw new InvalidDataException($"it has no {OciLayout.IndexName}");
        }
        catch (InvalidDataException damage)
        {
            throw new UserException($"{label} is no archive of an OCI layout: {damage.Message}", "try again with --verbose", damage);
        }
    }

    internal static OciImage Open(TarFile archive, string path, string? tag, Platform platform)
        => OciLayout.Open(new ArchiveBlobs(archive), archive.ReadFile(OciLayout.IndexName, ImageManifest.Largest), path, tag, platform);

    internal static TarFile OpenFile(string path, string temporary)
    {
        if (FileSystem.TryStat(path) is not { IsDirectory: false })
        {
            throw new UserException($"there is no archive {path}", $"check its name: ls -l {path}");
        }

        try
        {
            return TarFile.Open(path, temporary);
        }
        catch (InvalidDataException damage)
        {
            throw new UserException($"the archive {path} cannot be read: {damage.Message}", "fetch or make it again", damage);
        }
    }

    private sealed class ArchiveBlobs(TarFile archive) : IBlobSource
    {
        public Stream Open(BlobDescriptor blob) => archive.OpenFile($"blobs/{blob.Digest.Algorithm}/{blob.Digest.Hex}");

        public void Dispose() => archive.Dispose();
    }
}

using System.Collections.Generic;
using System.IO;
using System.Threading;
using Kerr.Build.Metadata;
using Kerr.Registry.Layers;
using Kerr.Registry.Sources;

namespace Kerr.Build.Assembly;

/// <summary>An OCI image as one tar stream: the files that a build adds, the layers from the top down, and what must be there at least.</summary>
/// <param name="time">Of what the build adds, seconds since 1970.</param>
internal sealed class OciTarStream(OciImage image, IReadOnlyList<MetadataFile> files, long time, bool fixPermissions)
{
    private readonly MergeKnowledge _knowledge = new();

    /// <summary>The newest time in the layers, after <see cref="TryWrite"/>.</summary>
    internal long NewestTime { get; private set; }

    /// <summary>Writes the stream; false where something was learnt too late, and it must be written anew from its start.</summary>
    internal bool TryWrite(Stream target, CancellationToken cancel)
    {
        var output = new TarWriter(target);
        var merge = new LayerMerge(output, _knowledge, fixPermissions);
        AddOwn(merge);
        for (int i = image.Layers.Count - 1; i >= 0; i--)
        {
            using var blob = image.Layers[i].Open();
            using Stream tar = LayerStream.Open(blob);
            merge.Add(new TarReader(tar));
            (blob as CheckedStream)?.Finish();
            cancel.ThrowIfCancellationRequested();
        }

        new HiddenLinks(merge, output).Write(image);
        AddMountPoints(merge);
        merge.WriteImpliedDirectories(time);
        NewestTime = merge.NewestTime;
        if (merge.MustBeRepeated)
        {
            return false;
        }

        output.Finish();
        return true;
    }

    // Above all layers: an image that brings such files of its own, having been one of ours once, gets new ones.
    private void AddOwn(LayerMerge merge)
    {
        foreach (string directory in BaseFiles.Directories)
        {
            merge.Add(new TarEntry(TarKind.Directory, directory) { Mode = 0b111_101_101, ModifiedAt = time }, []);
        }

        foreach (MetadataFile file in files)
        {
            merge.Add(new TarEntry(TarKind.File, file.Path) { Mode = file.Mode, ModifiedAt = time, Size = file.Content.Length }, file.Content);
        }

        foreach ((string path, string link) in BaseFiles.Links)
        {
            merge.Add(new TarEntry(TarKind.SymbolicLink, path) { Mode = 0b111_111_111, ModifiedAt = time, LinkName = link }, []);
        }
    }

    // Below all layers: what the image has stays, also where it is a link.
    private void AddMountPoints(LayerMerge merge)
    {
        merge.NextLayer();
        foreach ((string path, int mode) in BaseFiles.MountPoints)
        {
            merge.Add(new TarEntry(TarKind.Directory, path) { Mode = mode, ModifiedAt = time }, []);
        }

        foreach (string path in BaseFiles.MountFiles)
        {
            merge.Add(new TarEntry(TarKind.File, path) { ModifiedAt = time }, []);
        }
    }
}

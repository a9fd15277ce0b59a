using System;
using Kerr.Image;

namespace Kerr.Runtime.Launch;

/// <summary>What the planner may know of the image.</summary>
/// <param name="File">Where its root file system is.</param>
/// <param name="Path">Its absolute path.</param>
/// <param name="Tree">Its files, when they can be read without mounting.</param>
/// <param name="FileSystemType">The magic number of the file system that it lies on.</param>
/// <param name="Writable">Whether the caller may write it.</param>
public sealed record ImageFacts(ImageFile File, string Path, IImageTree? Tree, long FileSystemType, bool Writable) : IDisposable
{
    /// <summary>It is a copy that this launch made of the image that was named: the site's limits were held against that one.</summary>
    public bool Unpacked { get; init; }

    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    public void Dispose() => Tree?.Dispose();
}

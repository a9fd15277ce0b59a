using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Sections;

/// <summary>The root file system while it is being made: a base that stays as it is, and layers over it.</summary>
/// <remarks>
/// <code>
///   rootfs        what sections see: an overlay of all that follows
///   ├ upper       what the section at work changes
///   ├ layer n … 1 what earlier sections changed, of this build or of one before
///   └ base        the image that the definition starts from, mounted or a directory
/// </code>
/// Where the kernel or the file system has no overlay, rootfs is a plain directory that the sections write to.
/// </remarks>
internal sealed class BuildRoot(string rootfs, IReadOnlyList<string> bases, bool user) : IDisposable
{
    private readonly List<string> _layers = [];
    private bool _mounted;

    /// <summary>Where it is seen.</summary>
    public string Path => rootfs;

    public RootFiles Files { get; } = new(rootfs);

    /// <summary>Layers from the first to the last.</summary>
    public IReadOnlyList<string> Layers => _layers;

    /// <summary>Whether sections get layers of their own; false for a plain directory.</summary>
    public bool Layered => bases.Count > 0;

    /// <summary>Shows the root with a new layer on top, which takes all changes until <see cref="End"/>.</summary>
    /// <param name="upper">Empty directories of one file system: the layer, and one for the kernel.</param>
    /// <exception cref="LinuxException">Overlay is not to be had here.</exception>
    public void Begin(string upper, string work)
    {
        End();
        Mount(upper, work);
    }

    /// <summary>Ends the changes to a layer; it becomes one of the layers below.</summary>
    public void Add(string layer)
    {
        End();
        _layers.Add(layer);
    }

    /// <summary>Shows what is there, without taking changes.</summary>
    public void Show()
    {
        if (Layered)
        {
            End();
            Mount(null, null);
        }
    }

    public void End()
    {
        if (_mounted)
        {
            _ = MountCalls.Detach(rootfs);
            _mounted = false;
        }
    }

    public void Dispose() => End();

    private void Mount(string? upper, string? work)
    {
        // By descriptors: the kernel takes a page of options, and paths may have colons and commas in them.
        var open = new List<SafeFileHandle>();
        try
        {
            var options = new StringBuilder("lowerdir=");
            for (int i = _layers.Count - 1; i >= 0; i--)
            {
                options.Append(Place(_layers[i], open)).Append(':');
            }

            foreach (string lower in bases)
            {
                options.Append(Place(lower, open)).Append(':');
            }

            options.Length--;
            if (upper is not null)
            {
                options.Append(",upperdir=").Append(Place(upper, open)).Append(",workdir=").Append(Place(work!, open));
            }
            else if (_layers.Count + bases.Count == 1)
            {
                // An overlay without upper needs two layers.
                string below = _layers.Count == 1 ? _layers[0] : bases[0];
                MountCalls.Mount(below, rootfs, "", MountCalls.Flags.MS_BIND | MountCalls.Flags.MS_REC);
                _mounted = true;
                return;
            }

            MountCalls.Mount("overlay", rootfs, "overlay", MountCalls.Flags.MS_NODEV, options + (user ? ",userxattr" : ""));
            _mounted = true;
        }
        finally
        {
            foreach (SafeFileHandle handle in open)
            {
                handle.Dispose();
            }
        }
    }

    private static string Place(string path, List<SafeFileHandle> open)
    {
        SafeFileHandle handle = FileCalls.Open(path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        open.Add(handle);
        return string.Create(null, $"/proc/self/fd/{(int)handle.DangerousGetHandle()}");
    }
}

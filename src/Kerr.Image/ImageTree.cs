using Kerr.Image.Sandbox;
using Kerr.Image.SquashFs;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Image;

/// <summary>The files of an image, whatever its format.</summary>
public static class ImageTree
{
    /// <summary>The tree in an image; null where only a mount shows it: ext3, encrypted partitions, no root at all.</summary>
    /// <remarks>The image is opened again, so that tree and <paramref name="image"/> may be disposed in any order.</remarks>
    public static IImageTree? Open(ImageFile image)
    {
        if (image.Kind == ImageKind.Sandbox)
        {
            return new SandboxTree(Reopen(image, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY));
        }

        if (image.Root is not { FileSystem: PartitionFileSystem.SquashFs } root)
        {
            return null;
        }

        SafeFileHandle handle = Reopen(image, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
        return ImageErrors.Reading(image.Path, handle, open => new SquashFsTree(new SquashFsImage(new FileRange(open, root.Offset, root.Size)), open));
    }

    private static SafeFileHandle Reopen(ImageFile image, OpenFlags flags)
    {
        if (image.Handle is { } open ? FileCalls.TryDuplicate(open, out SafeFileHandle handle, out Errno errno)
            : FileCalls.TryOpen(image.Path, flags, out handle, out errno))
        {
            return handle;
        }

        handle.Dispose();
        throw ImageErrors.CannotOpen(image.Path, errno);
    }
}

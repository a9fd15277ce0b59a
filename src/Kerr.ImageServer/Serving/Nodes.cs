using Kerr.Image.SquashFs;

namespace Kerr.ImageServer.Serving;

/// <summary>The numbers by which the kernel names files.</summary>
/// <remarks>
/// A number is where the inode lies in the image, so no table of the files in use has to be kept, and FORGET needs no
/// answer in memory. 0 stands for no file and 1 for the root, so references are shifted by two.
/// </remarks>
internal static class Nodes
{
    internal const ulong Root = 1;
    private const ulong First = 2;

    /// <summary>Where a file's inode is; a number that nobody was given leads to an error when it is read.</summary>
    internal static ulong Reference(SquashFsImage image, ulong node) => node == Root ? image.Superblock.RootInode : node - First;

    internal static ulong Of(SquashFsImage image, ulong reference) => reference == image.Superblock.RootInode ? Root : reference + First;
}

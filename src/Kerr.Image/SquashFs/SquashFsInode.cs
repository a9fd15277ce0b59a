using Kerr.Linux.Files;

namespace Kerr.Image.SquashFs;

/// <summary>An inode: what a file is, and where the rest of it lies.</summary>
/// <remarks>What does not belong to the kind of file is 0; <see cref="Links"/> is the number of names.</remarks>
public readonly record struct SquashFsInode
{
    internal const uint NoFragment = uint.MaxValue;
    internal const uint NoXattrs = uint.MaxValue;

    public FileKind Kind { get; init; }

    /// <summary>The permission bits, with set-id and sticky.</summary>
    public int Permissions { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public uint ModifiedAt { get; init; }

    public uint Number { get; init; }

    public uint Links { get; init; }

    /// <summary>The bytes of a regular file or of a symbolic link's target; of a directory, those of its listing.</summary>
    public long Size { get; init; }

    /// <summary>How many bytes of a regular file are in holes, as the image says.</summary>
    public long Sparse { get; init; }

    public uint DeviceMajor { get; init; }

    public uint DeviceMinor { get; init; }

    /// <summary>For a directory, the inode number of the one it is in.</summary>
    public uint Parent { get; init; }

    /// <summary>For a file, where its blocks start; for a directory, its listing's block, from the table's start.</summary>
    internal long Start { get; init; }

    /// <summary>The number of the fragment that holds a file's tail.</summary>
    internal uint Fragment { get; init; }

    /// <summary>Where in the fragment, or in the listing's metadata block.</summary>
    internal int Offset { get; init; }

    /// <summary>Entries in an extended directory's index.</summary>
    internal int IndexCount { get; init; }

    /// <summary>The number in the table of extended attributes.</summary>
    internal uint Xattrs { get; init; }

    /// <summary>Behind the fixed part: a file's block sizes, a link's target, a directory's index.</summary>
    internal MetadataPosition Rest { get; init; }
}

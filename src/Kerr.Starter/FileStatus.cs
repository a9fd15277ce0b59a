using System.Runtime.CompilerServices;

namespace Kerr.Starter;

/// <summary>What statx tells of a file: struct statx, laid out alike on all processors.</summary>
internal unsafe struct FileStatus
{
    private readonly uint _mask;
    private readonly uint _blockSize;
    private readonly ulong _attributes;
    internal readonly uint Links;
    internal uint Uid;
    internal uint Gid;
    private readonly ushort _mode;
    private readonly ushort _spare;
    private readonly ulong _inode;
    internal ulong Size;
    private fixed ulong _timesAndBlocks[10];
    private readonly ulong _specialDevice;
    private readonly ulong _device;
    private readonly ulong _mount;
    private fixed ulong _more[13];

    internal readonly int Mode => _mode;

    internal readonly bool IsDirectory => (_mode & K.TypeMask) == K.TypeDirectory;

    internal readonly bool IsRegular => (_mode & K.TypeMask) == K.TypeRegular;

    internal readonly bool IsLink => (_mode & K.TypeMask) == K.TypeLink;

    /// <summary>Asks for type, mode, owner, size, device, inode and mount of a path, or of an open file.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Read(int at, void* path, int flags, FileStatus* into)
    {
        const uint All = K.StatxType | K.StatxMode | K.StatxUid | K.StatxGid | K.StatxIno | K.StatxSize | K.StatxModified | K.StatxMountId;
        return (int)Sys.Call(Nr.Statx, at, (nint)path, flags, (nint)All, (nint)into);
    }

    internal static int Read(int descriptor, FileStatus* into) => Read(descriptor, ""u8, K.AtEmptyPath, into);

    /// <summary>
    /// Asks for the device only. FUSE tells that to everybody; for anything more a process must be its user by all ids, which one that has a privilege left is not.
    /// </summary>
    internal static int ReadDevice(int descriptor, FileStatus* into) => (int)Sys.Call(Nr.Statx, descriptor, (nint)(""u8).Start, K.AtEmptyPath, 0, (nint)into);

    /// <summary>Device, inode, size, and time of change in seconds and nanoseconds: the same file with the same content. Five words, and one of zero.</summary>
    internal readonly void Identify(ulong* into)
    {
        into[0] = _device;
        into[1] = _inode;
        into[2] = Size;
        into[3] = _timesAndBlocks[8];
        into[4] = _timesAndBlocks[9];
        into[5] = 0;
    }

    internal readonly bool IsInode(ulong inode) => _inode == inode;

    internal readonly ulong Device => _device;

    internal readonly ulong SpecialDevice => _specialDevice;

    internal readonly bool Is(ulong device, ulong inode) => _device == device && _inode == inode;

    internal readonly bool SameFile(FileStatus* other) => _inode == other->_inode && _device == other->_device;

    /// <summary>Whether both are on one mount; kernels before 5.8 do not tell, then the device decides.</summary>
    internal readonly bool SameMount(FileStatus* other) =>
        (_mask & K.StatxMountId) != 0 ? _mount == other->_mount : _device == other->_device;
}

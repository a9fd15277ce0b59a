namespace Kerr.Starter;

/// <summary>What statx tells of a file: struct statx, laid out alike on all processors.</summary>
internal unsafe partial struct FileStatus
{
    private readonly uint _mask;
    private readonly uint _blockSize;
    internal readonly ulong Attributes;
    internal readonly uint Links;
    internal uint Uid;
    internal uint Gid;
    internal readonly ushort Mode;
    private readonly ushort _spare;
    internal readonly ulong Inode;
    internal ulong Size;
    private fixed ulong _timesAndBlocks[10];
    internal readonly ulong SpecialDevice;
    internal readonly ulong Device;
    internal readonly ulong Mount;       // its number, for as long as it is held; kernels before 5.8 do not tell
    private fixed ulong _more[13];

    internal readonly bool IsDirectory => (Mode & K.TypeMask) == K.TypeDirectory;

    internal readonly bool IsRegular => (Mode & K.TypeMask) == K.TypeRegular;

    /// <summary>Asks for type, mode, owner, size, device, inode and mount of a path, or of an open file.</summary>
    internal static int Read(int at, void* path, int flags, FileStatus* into)
    {
        const uint All = K.StatxType | K.StatxMode | K.StatxUid | K.StatxGid | K.StatxIno | K.StatxSize | K.StatxModified | K.StatxMountId;
        return (int)Sys.Call(Nr.Statx, at, (nint)path, flags, (nint)All, (nint)into);
    }

    internal static int Read(int descriptor, FileStatus* into) => Read(descriptor, ""u8, K.AtEmptyPath, into);

    /// <summary>
    /// Asks for the device and the mount only. FUSE tells that to everybody; for anything more a process must be its user by all ids, which one that has a privilege left is not.
    /// </summary>
    internal static int ReadDevice(int descriptor, FileStatus* into) => (int)Sys.Call(Nr.Statx, descriptor, (nint)(""u8).Start, K.AtEmptyPath, 0, (nint)into);

    internal readonly bool SameFile(FileStatus* other) => Inode == other->Inode && Device == other->Device;
}

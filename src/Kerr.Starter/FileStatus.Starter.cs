namespace Kerr.Starter;

/// <summary>What statx tells of a file, as far as only the starter asks.</summary>
internal unsafe partial struct FileStatus
{
    internal readonly bool IsLink => (Mode & K.TypeMask) == K.TypeLink;

    /// <summary>Device, inode, size, and time of change in seconds and nanoseconds: the same file with the same content. Five words, and one of zero.</summary>
    internal readonly void Identify(ulong* into)
    {
        into[0] = Device;
        into[1] = Inode;
        into[2] = Size;
        into[3] = _timesAndBlocks[8];
        into[4] = _timesAndBlocks[9];
        into[5] = 0;
    }

    internal readonly bool Is(ulong device, ulong inode) => Device == device && Inode == inode;

    /// <summary>Whether both are on one mount; kernels before 5.8 do not tell, then the device decides.</summary>
    internal readonly bool SameMount(FileStatus* other) =>
        (_mask & K.StatxMountId) != 0 ? Mount == other->Mount : Device == other->Device;
}

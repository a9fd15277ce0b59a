namespace Kerr.Plan;

// What a launch and the keeper say to each other: one packet each way per image, on a local socket.
//
//   request = offsets below, then key NUL options NUL       with it: the launch's plan, the image file
//   reply   = i32, 0 or an error number negated             with it: the user namespace, the detached mount
//
// The key says what of the file is mounted and how; with device, inode, size and time of change of the file it names a mount.

/// <summary>The request of a launch to the keeper.</summary>
public static class SharingFormat
{
    /// <summary>"KERRSHR1", read as a little-endian number. Another layout gets another number.</summary>
    public const ulong Magic = 0x315248535252454B;

    public const int Server = 8;            // u32: index of the FuseServer step that serves it, or NoImage
    public const int Options = 12;          // u32: where the options begin
    public const int Flags = 16;            // u64: MountFlags
    public const int Text = 24;             // key, then options
    public const int RequestSize = 1024;    // at most

    /// <summary>Only the user namespace is wanted.</summary>
    public const uint NoImage = 0xFFFFFFFF;
}

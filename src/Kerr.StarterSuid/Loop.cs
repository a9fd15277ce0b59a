namespace Kerr.Starter;

/// <summary>Loop devices: read-only, one call to set up, gone with the mount.</summary>
internal static unsafe class Loop
{
    private const int ConfigSize = 304; // struct loop_config: fd@0 block_size@4 info@8 (loop_info64, 232 bytes) reserved
    private const int OffsetAt = 8 + 24, SizeAt = 8 + 32, FlagsAt = 8 + 52;
    private const ulong LoopMajor = 7;

    /// <summary>Puts a part of a file behind a free device and answers that, open.</summary>
    internal static int Attach(int file, ulong offset, ulong size)
    {
        byte* path = stackalloc byte[40];
        byte* config = stackalloc byte[ConfigSize];
        *(uint*)config = (uint)file;
        *(ulong*)(config + OffsetAt) = offset;
        *(ulong*)(config + SizeAt) = size;
        *(uint*)(config + FlagsAt) = K.LoopReadOnly | K.LoopAutoClear;
        int control = Sys.OpenAt(K.AtCwd, "/dev/loop-control"u8, O.ReadWrite | O.NoFollow);
        int error = control < 0 ? control : -E.BUSY;
        int device = -1;
        for (uint attempt = 0; error == -E.BUSY && attempt < Configuration.Read.LoopDevices; attempt++)
        {
            int number = Sys.Ioctl(control, K.LoopGetFree, null);
            error = number < 0 ? number : number >= Configuration.Read.LoopDevices ? -E.NOENT : 0;
            if (error == 0)
            {
                Text.Numbered(path, "/dev/loop"u8, (ulong)number);
                device = Sys.OpenAt(K.AtCwd, path, O.ReadOnly | O.NoFollow);
                error = device < 0 ? device : IsLoop(device) ? Sys.Ioctl(device, K.LoopConfigure, config) : -E.PERM;
            }

            if (error < 0)
            {
                Sys.Close(device); // somebody else was faster, or it cannot be
                device = -1;
            }
        }

        Sys.Close(control);
        return error < 0 ? error : device;
    }

    private static bool IsLoop(int device)
    {
        FileStatus status = default;
        return FileStatus.Read(device, &status) == 0 && (status.SpecialDevice & 0xFFFFFFFF) == LoopMajor; // stx_rdev_major, then _minor
    }
}

using System;

namespace Kerr.Starter;

/// <summary>
/// Raises, lowers and drops privileges. Between steps we are the user; a step raises what it needs; the user's file system identity
/// stays through nearly all of it, so no file is opened that the user could not open.
/// <code>
///   lowered     euid = fsuid = user   no effective capability
///   raised      euid = 0, fsuid = user    the capabilities of Kept, but those over files
///   as owner    euid = fsuid = 0      for the devices of the host, nothing of the user's
///   as mounter  all uids = user       for overlay, which acts with its mounter's identity from then on
/// </code>
/// </summary>
internal static unsafe class Privileges
{
    private const int Chown = 0, DacOverride = 1, FileOwner = 3, SetGid = 6, SetUid = 7, SetPcap = 8, NetAdmin = 12, SysChroot = 18, SysAdmin = 21;
    private const ulong Kept = (1UL << Chown) | (1UL << DacOverride) | (1UL << FileOwner) | (1UL << SetGid) | (1UL << SetUid) | (1UL << SetPcap) | (1UL << NetAdmin)
        | (1UL << SysChroot) | (1UL << SysAdmin);

    private const int NoRootLocked = 0xEF; // SECBIT_NOROOT, NO_SETUID_FIXUP, KEEP_CAPS off but locked, NO_CAP_AMBIENT_RAISE, each with its lock
    private const uint Version3 = 0x20080522;

    internal static uint Uid;
    internal static uint Gid;

    /// <summary>The first act: gives up for good what no step needs, and becomes the user until one does.</summary>
    internal static int Begin()
    {
        nint user = Sys.Call(Nr.Getuid);
        nint group = Sys.Call(Nr.Getgid);
        Uid = (uint)user;
        Gid = (uint)group;
        int error = user < 0 || group < 0 ? -E.INVAL : Set(Kept, Kept); // neither can fail, and a wrong one would be somebody else
        error = error < 0 ? error : Sys.Prctl(K.PrAmbient, K.AmbientClear);
        return error < 0 ? error : SetIds(-1, Uid, -1);
    }

    /// <summary>Raises privileges for one step. With root's own rights over files only to open devices of the host by fixed names.</summary>
    internal static int Raise(ReadOnlySpan<byte> what, bool asOwner = false)
    {
        int error = SetIds(-1, 0, -1);
        Say.Debug("Raised privileges (U=0) for: "u8, what);

        // The old one is answered, never an error: what it came to is seen by asking again.
        nint wanted = asOwner ? 0 : (nint)Uid;
        Sys.Call(Nr.Setfsuid, wanted);
        return error < 0 ? error : Sys.Call(Nr.Setfsuid, -1) == wanted ? 0 : -E.PERM;
    }

    /// <summary>
    /// Becomes the user in all three ids and keeps the capabilities: overlay looks into its layers as its mounter from then on, and that is to be
    /// the user. Where it writes, what is copied up keeps its owner (CAP_CHOWN, CAP_FOWNER), and its work directory has mode 0 (CAP_DAC_OVERRIDE): a payload
    /// gets by that nowhere, since overlay asks the modes of every file for the payload itself first.
    /// </summary>
    internal static int RaiseAsMounter(ReadOnlySpan<byte> what, bool writes) => BecomeUser(what, writes ? Kept : 1UL << SysAdmin | 1UL << SetUid);

    /// <summary>
    /// Becomes the user in all three ids without any right but to come back: a FUSE file system of the user's answers, and a network file system that takes root for
    /// nobody.
    /// </summary>
    internal static int RaiseToLook() => BecomeUser("look at the image as the user"u8, 1UL << SetUid);

    /// <summary>Back to the user, whichever way they were raised.</summary>
    internal static int Lower()
    {
        int error = SetIds(Uid, Uid, 0);
        error = error < 0 ? error : Set(Kept, 0); // as mounter we kept the effective set, too
        Say.Debug("Lowered privileges"u8);
        return error;
    }

    private static int BecomeUser(ReadOnlySpan<byte> what, ulong effective)
    {
        int error = Raise(what);
        error = error < 0 ? error : Sys.Prctl(K.PrSetKeepCaps, 1);
        error = error < 0 ? error : SetIds(Uid, Uid, Uid);
        return error < 0 ? error : Set(Kept, effective);
    }

    /// <summary>Drops all privileges for good, then looks whether they are gone. Anything odd ends the process.</summary>
    internal static void Drop()
    {
        int error = Raise("drop privileges"u8);
        error = error < 0 ? error : DropGroups();
        for (int capability = 0; error == 0 && capability < 64; capability++)
        {
            error = Sys.Prctl(K.PrBoundingDrop, capability);
            if (error == -E.INVAL && capability > 30)
            {
                error = 0; // past the last that this kernel knows
                break;
            }
        }

        error = error < 0 ? error : Sys.Prctl(K.PrAmbient, K.AmbientClear);
        error = error < 0 ? error : Sys.Prctl(K.PrSetSecureBits, NoRootLocked);
        error = error < 0 ? error : (int)Sys.Call(Nr.Setresgid, (nint)Gid, (nint)Gid, (nint)Gid);
        error = error < 0 ? error : SetIds(Uid, Uid, Uid);
        error = error < 0 ? error : Set(0, 0);
        error = error < 0 ? error : Verify();
        error = error < 0 ? error : Sys.Prctl(K.PrSetNoNewPrivileges, 1);
        error = error < 0 ? error : Sys.Prctl(K.PrGetNoNewPrivileges) == 1 ? 0 : -E.PERM;
        if (error < 0)
        {
            Say.Fault("privileges cannot be dropped"u8, error);
        }

        Say.Debug("Dropped privileges for good"u8);
        Say.Debug("Confirmed: no privilege is left, none can be regained"u8);
    }

    /// <summary>The groups are the caller's: we never had others. They are set again, so that whatever a change here may do, these are dropped to.</summary>
    private static int DropGroups()
    {
        const int Most = 65536;
        int count = (int)Sys.Call(Nr.Getgroups, 0, 0);
        byte* groups = stackalloc byte[count is < 0 or > Most ? 0 : sizeof(uint) * count];
        int error = count < 0 ? count : count > Most ? -E.INVAL : (int)Sys.Call(Nr.Getgroups, count, (nint)groups);
        error = error < 0 ? error : (int)Sys.Call(Nr.Setgroups, count, (nint)groups);
        return error < 0 ? error : Sys.Call(Nr.Getgroups, 0, 0) == count ? 0 : -E.PERM;
    }

    private static int Verify()
    {
        uint* ids = stackalloc uint[3];
        int error = (int)Sys.Call(Nr.Getresuid, (nint)ids, (nint)(ids + 1), (nint)(ids + 2));
        error = error < 0 ? error : ids[0] == Uid && ids[1] == Uid && ids[2] == Uid ? 0 : -E.PERM;
        error = error < 0 ? error : (int)Sys.Call(Nr.Getresgid, (nint)ids, (nint)(ids + 1), (nint)(ids + 2));
        error = error < 0 ? error : ids[0] == Gid && ids[1] == Gid && ids[2] == Gid ? 0 : -E.PERM;
        uint* sets = stackalloc uint[6];
        error = error < 0 ? error : Capabilities(Nr.Capget, sets);
        for (int i = 0; i < 6; i++)
        {
            error = error < 0 ? error : sets[i] == 0 ? 0 : -E.PERM;
        }

        // Only refusals are right. The file system ids follow the effective ones; asking for root's must leave them.
        error = error < 0 ? error : Sys.Call(Nr.Setuid, 0) == -E.PERM && Sys.Call(Nr.Setresuid, -1, 0, -1) == -E.PERM ? 0 : -E.PERM;
        Sys.Call(Nr.Setfsuid, 0);
        error = error < 0 ? error : Sys.Call(Nr.Setfsuid, -1) == (nint)Uid ? 0 : -E.PERM;
        for (int capability = 0; error == 0 && capability < 64; capability++)
        {
            int has = Sys.Prctl(K.PrBoundingRead, capability);
            error = has == 0 || (has == -E.INVAL && capability > 30) ? 0 : -E.PERM;
        }

        return error;
    }

    private static int SetIds(long real, long effective, long saved) => (int)Sys.Call(Nr.Setresuid, (nint)real, (nint)effective, (nint)saved);

    private static int Set(ulong permitted, ulong effective)
    {
        // Effective, permitted and inheritable ones of 0–31, then of 32–63.
        uint* sets = stackalloc uint[] { (uint)effective, (uint)permitted, 0, (uint)(effective >> 32), (uint)(permitted >> 32), 0 };
        return Capabilities(Nr.Capset, sets);
    }

    private static int Capabilities(int call, uint* sets)
    {
        uint* header = stackalloc uint[] { Version3, 0 }; // of this process
        return (int)Sys.Call(call, (nint)header, (nint)sets);
    }
}

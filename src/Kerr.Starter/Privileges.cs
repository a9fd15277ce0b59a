using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// Reduces privileges for good, in this order: groups, bounding set, ambient set, group ids, user ids, capability sets;
/// then looks whether it is so; then no_new_privs.
/// </summary>
internal static unsafe class Privileges
{
    private const uint Version3 = 0x20080522;

    internal static int Reduce(byte* step)
    {
        Audit.Tell(step);
        bool setIds = Plan.Has(step, PrivilegeFlags.SetIds);
        bool drop = Plan.Has(step, PrivilegeFlags.DropCapabilities);
        uint uid = (uint)Plan.U64(step, Step.Number3);
        ulong kept = Plan.U64(step, Step.Number);
        int error = setIds ? SetGroups(step) : 0;
        if (error == 0 && drop)
        {
            error = DropBounding(Plan.U64(step, Step.Number2));
            error = error < 0 ? error : Ambient(K.AmbientClear, 0);
        }

        if (error == 0 && setIds)
        {
            uint gid = (uint)(Plan.U64(step, Step.Number3) >> 32);
            error = kept == 0 ? 0 : Sys.Prctl(K.PrSetKeepCaps, 1); // a change from uid 0 would clear what is to be kept
            error = error < 0 ? error : (int)Sys.Call(Nr.Setresgid, (nint)gid, (nint)gid, (nint)gid);
            error = error < 0 ? error : (int)Sys.Call(Nr.Setresuid, (nint)uid, (nint)uid, (nint)uid);
            error = error < 0 ? error : VerifyIds(uid, gid);
        }

        if (error == 0 && drop)
        {
            error = Permitted(ref kept);
            bool inherited = kept != 0 && (setIds ? uid : (uint)Sys.Call(Nr.Geteuid)) != 0;
            error = error < 0 ? error : SetCapabilities(kept, inherited ? kept : 0);
            for (int capability = 0; inherited && capability < 64 && error == 0; capability++)
            {
                error = (kept >> capability & 1) != 0 ? Ambient(K.AmbientRaise, capability) : 0;
            }

            error = error < 0 ? error : VerifyCapabilities(kept, inherited ? kept : 0, Plan.U64(step, Step.Number2));
        }

        if (error == 0 && setIds && drop && kept == 0 && uid != 0)
        {
            error = Sys.Call(Nr.Setuid, 0) == -E.PERM ? 0 : -E.INVAL; // anything but a refusal means that we are not what we think
        }

        if (error == 0 && Plan.Has(step, PrivilegeFlags.NoNewPrivileges))
        {
            error = Sys.Prctl(K.PrSetNoNewPrivileges, 1);
            error = error < 0 ? error : Sys.Prctl(K.PrGetNoNewPrivileges) == 1 ? 0 : -E.INVAL;
        }

        return error < 0 ? error : Init.TieToParent();
    }

    /// <summary>In setuid mode the privileged half has dropped everything; here it is looked at once more, from inside.</summary>
    internal static int Confirm(byte* step)
    {
        Audit.Tell(step);
        int error = VerifyCapabilities(0, 0, 0);
        error = error < 0 ? error : Sys.Call(Nr.Setuid, 0) == -E.PERM ? 0 : -E.PERM;
        error = error < 0 ? error : Sys.Prctl(K.PrGetNoNewPrivileges) == 1 ? 0 : -E.INVAL;
        return error < 0 ? error : Init.TieToParent();
    }

    /// <summary>Gives up all capabilities; with no_new_privs exec gives none back, not even to root.</summary>
    internal static int DropAll()
    {
        int error = Ambient(K.AmbientClear, 0);
        error = error < 0 ? error : SetCapabilities(0, 0);
        return error < 0 ? error : VerifyNone();
    }

    /// <summary>
    /// kill(0, …) reaches the whole process group, across PID namespaces: the caller's own processes. A Landlock domain that
    /// handles nothing but signals (Linux 6.12) ends them at its border, and leaves mounts and files alone.
    /// </summary>
    internal static int ConfineSignals(byte* step)
    {
        Audit.Tell(step);
        long* attributes = stackalloc long[3]; // struct landlock_ruleset_attr: files@0 network@8 scoped@16
        attributes[0] = attributes[1] = 0;
        attributes[2] = K.LandlockScopeSignal;
        int rules = (int)Sys.Call(Nr.LandlockCreateRuleset, (nint)attributes, 24, 0);
        int error = rules < 0 ? rules : (int)Sys.Call(Nr.LandlockRestrictSelf, rules, 0);
        Sys.Close(rules);
        if (error is -E.NOSYS or -E.NOTSUP or -E.INVAL)
        {
            Audit.Note("This kernel cannot confine signals: `kill 0` inside reaches the caller's process group"u8); // before 6.12
            return 0;
        }

        return error;
    }

    /// <summary>Installs the plan's filter for system calls; the payload inherits it.</summary>
    internal static int InstallFilter(byte* step)
    {
        Audit.Tell(step);
        byte* blob = Plan.Reference(step, Step.Data);
        nint* program = stackalloc nint[2]; // struct sock_fprog: count@0, filter@8
        program[0] = (nint)(Plan.Count(blob) / 8);
        program[1] = (nint)(blob + 4);
        return (int)Sys.Call(Nr.Seccomp, 1, 0, (nint)program);
    }

    private static int SetGroups(byte* step)
    {
        byte* groups = Plan.Reference(step, Step.Data);
        nint count = (nint)Plan.Count(groups);
        int error = (int)Sys.Call(Nr.Setgroups, count, (nint)(groups + 4));
        return error < 0 ? error : Sys.Call(Nr.Getgroups, 0, 0) == count ? 0 : -E.INVAL;
    }

    private static int DropBounding(ulong kept)
    {
        for (int capability = 0; capability < 64; capability++)
        {
            if ((kept >> capability & 1) == 0)
            {
                int error = Sys.Prctl(K.PrBoundingDrop, capability);
                if (error < 0)
                {
                    return error == -E.INVAL && capability > 30 ? 0 : error; // past the last that this kernel knows
                }
            }
        }

        return 0;
    }

    private static int Ambient(int operation, int capability) => (int)Sys.Call(Nr.Prctl, K.PrAmbient, operation, capability, 0, 0);

    private static int SetCapabilities(ulong kept, ulong inheritable)
    {
        uint* header = stackalloc uint[2];
        uint* sets = stackalloc uint[6]; // effective, permitted, inheritable of 0–31, then of 32–63
        header[0] = Version3;
        header[1] = 0;
        sets[0] = sets[1] = (uint)kept;
        sets[2] = (uint)inheritable;
        sets[3] = sets[4] = (uint)(kept >> 32);
        sets[5] = (uint)(inheritable >> 32);
        return (int)Sys.Call(Nr.Capset, (nint)header, (nint)sets);
    }

    /// <summary>Leaves of a set what we have: what this kernel does not know, or root lacks here, cannot be kept.</summary>
    private static int Permitted(ref ulong wanted)
    {
        uint* header = stackalloc uint[2];
        uint* sets = stackalloc uint[6];
        header[0] = Version3;
        header[1] = 0;
        int error = (int)Sys.Call(Nr.Capget, (nint)header, (nint)sets);
        if (error == 0)
        {
            wanted &= sets[1] | ((ulong)sets[4] << 32);
        }

        return error;
    }

    private static int VerifyIds(uint uid, uint gid)
    {
        uint* ids = stackalloc uint[3];
        int error = (int)Sys.Call(Nr.Getresgid, (nint)ids, (nint)(ids + 1), (nint)(ids + 2));
        error = error < 0 ? error : ids[0] == gid && ids[1] == gid && ids[2] == gid ? 0 : -E.INVAL;
        error = error < 0 ? error : (int)Sys.Call(Nr.Getresuid, (nint)ids, (nint)(ids + 1), (nint)(ids + 2));
        return error < 0 ? error : ids[0] == uid && ids[1] == uid && ids[2] == uid ? 0 : -E.INVAL;
    }

    private static int VerifyNone()
    {
        ulong all = ulong.MaxValue;
        int error = Permitted(ref all);
        return error < 0 ? error : all == 0 ? 0 : -E.INVAL;
    }

    private static int VerifyCapabilities(ulong kept, ulong inheritable, ulong bounding)
    {
        uint* header = stackalloc uint[2];
        uint* sets = stackalloc uint[6];
        header[0] = Version3;
        header[1] = 0;
        int error = (int)Sys.Call(Nr.Capget, (nint)header, (nint)sets);
        if (error < 0)
        {
            return error;
        }

        bool good = (sets[0] | ((ulong)sets[3] << 32)) == kept && (sets[1] | ((ulong)sets[4] << 32)) == kept
            && (sets[2] | ((ulong)sets[5] << 32)) == inheritable;
        for (int capability = 0; capability < 64; capability++)
        {
            int has = Sys.Prctl(K.PrBoundingRead, capability);
            good &= has <= 0 || (bounding >> capability & 1) != 0;
            if (has < 0)
            {
                good &= has == -E.INVAL && capability > 30;
                break;
            }
        }

        return good ? 0 : -E.INVAL;
    }
}

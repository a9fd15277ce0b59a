namespace Kerr.Starter;

/// <summary>
/// What our image server may do when an image has taken it over: nothing with files by name, no capability, nothing gained by
/// exec. It must be applied before the server's runtime makes threads; its filter for system calls it installs itself.
/// </summary>
internal static unsafe class Confinement
{
    private const int RulesetSize = 24, RuleSize = 12;

    /// <summary>Confines this process to one program, which it may execute.</summary>
    internal static int Apply(byte* program)
    {
        int error = Sys.Prctl(K.PrSetNoNewPrivileges, 1);
        error = error < 0 ? error : Privileges.DropAll();
        error = error < 0 ? error : KeepFromFiles(program);

        // Kernels before 5.13, and those that were built or booted without Landlock.
        return error is -E.NOSYS or -E.NOTSUP ? 0 : error;
    }

    private static int KeepFromFiles(byte* program)
    {
        int version = (int)Sys.Call(Nr.LandlockCreateRuleset, 0, 0, K.LandlockCreateVersion);
        if (version < 0)
        {
            return version;
        }

        // struct landlock_ruleset_attr: files@0, network@8 (version 4), scoped@16 (version 6); a right that is not handled is not restricted.
        ulong* attributes = stackalloc ulong[RulesetSize / 8];
        attributes[0] = version switch
        {
            1 => 0x1FFF,
            2 => 0x3FFF,
            3 or 4 => 0x7FFF,
            _ => 0xFFFF,
        };
        attributes[1] = version < 4 ? 0UL : 3;
        attributes[2] = version < 6 ? 0UL : 3;
        int rules = (int)Sys.Call(Nr.LandlockCreateRuleset, (nint)attributes, version < 4 ? 8 : version < 6 ? 16 : RulesetSize, 0);
        int file = rules < 0 ? rules : Sys.OpenAt(K.AtCwd, program, O.Path);
        byte* rule = stackalloc byte[RuleSize]; // struct landlock_path_beneath_attr: allowed@0, descriptor@8
        *(ulong*)rule = K.LandlockExecute | K.LandlockReadFile;
        *(int*)(rule + 8) = file;
        int error = file < 0 ? file : (int)Sys.Call(Nr.LandlockAddRule, rules, K.LandlockPathBeneath, (nint)rule, 0);
        error = error < 0 ? error : (int)Sys.Call(Nr.LandlockRestrictSelf, rules, 0);
        Sys.Close(file);
        Sys.Close(rules);
        return error;
    }
}

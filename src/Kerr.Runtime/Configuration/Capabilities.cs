using System;
using System.Collections.Generic;

namespace Kerr.Runtime.Configuration;

/// <summary>Linux capabilities by name and number, as capabilities(7) has them.</summary>
public static class Capabilities
{
    /// <summary>Every capability that a kernel of today knows (0 … 40).</summary>
    public const ulong All = (1UL << 41) - 1;

    private static readonly string[] Table =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK",
        "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN",
        "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE",
        "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>The number of a capability, named with or without CAP_, in any case; null when there is none.</summary>
    public static int? Number(string name)
    {
        string full = name.StartsWith("CAP_", StringComparison.OrdinalIgnoreCase) ? name : "CAP_" + name;
        for (int i = 0; i < Table.Length; i++)
        {
            if (Table[i].Equals(full, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return null;
    }

    /// <summary>
    /// A list of names, separated by commas; <c>all</c> stands for every one.
    /// </summary>
    /// <param name="list">Null and empty are nothing.</param>
    /// <param name="unknown">The names that are none, in the order of the list.</param>
    /// <returns>A bit for each.</returns>
    public static ulong Parse(string? list, out List<string> unknown)
    {
        ulong set = 0;
        unknown = [];
        foreach (string part in (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.Equals("all", StringComparison.OrdinalIgnoreCase))
            {
                set |= All;
            }
            else if (Number(part) is { } number)
            {
                set |= 1UL << number;
            }
            else
            {
                unknown.Add(part);
            }
        }

        return set;
    }

    /// <summary>Their full names, lowest number first.</summary>
    public static IEnumerable<string> Names(ulong set)
    {
        for (int i = 0; i < 41; i++)
        {
            if ((set & (1UL << i)) != 0)
            {
                yield return Table[i];
            }
        }
    }
}

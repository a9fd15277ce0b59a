using System.Runtime;
using System.Runtime.CompilerServices;

namespace Kerr.Starter;

/// <summary>What an error number means, in words; the table is data, in Errors.S.</summary>
internal static unsafe class Errno
{
    /// <summary>Null for a number that is not in the table.</summary>
    internal static byte* Describe(int error)
    {
        byte* entry = Table();
        while (*entry != 0 && *entry != error)
        {
            entry += Text.Length(entry) + 1;
        }

        return *entry == 0 ? null : entry + 1;
    }

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("kerr_errors")]
    private static extern byte* Table();
}

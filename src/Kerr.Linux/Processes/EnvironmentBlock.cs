using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace Kerr.Linux.Processes;

/// <summary>The environment of this process, byte for byte and in its order.</summary>
/// <remarks>
/// <see cref="Environment.GetEnvironmentVariables()"/> decodes as UTF-8, drops entries without an equals sign and keeps
/// one of two equal names. The payload must get what the caller had.
/// </remarks>
public static unsafe partial class EnvironmentBlock
{
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(Latin1StringMarshaller))]
    private static partial nint dlsym(nint handle, string symbol);

    /// <summary>All entries, <c>NAME=value</c>, each character one byte.</summary>
    public static string[] Read()
    {
        // RTLD_DEFAULT is 0: the variable of the C library, whichever object holds it.
        byte*** environ = (byte***)dlsym(0, "environ");
        byte** entries = environ is null ? null : *environ;

        if (entries is null)
        {
            return [];
        }

        int count = 0;

        while (entries[count] is not null)
        {
            count++;
        }

        string[] all = new string[count];

        for (int i = 0; i < count; i++)
        {
            all[i] = Encoding.Latin1.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entries[i]));
        }

        return all;
    }

    /// <summary>The value of the first entry of that name, as <c>getenv(3)</c> finds it; null when there is none.</summary>
    public static string? Get(IReadOnlyList<string> entries, string name)
    {
        for (int i = 0; i < entries.Count; i++)
        {
            string entry = entries[i];

            if (entry.Length > name.Length && entry[name.Length] == '=' && entry.StartsWith(name, StringComparison.Ordinal))
            {
                return entry[(name.Length + 1)..];
            }
        }

        return null;
    }
}

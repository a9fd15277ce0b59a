using System.Collections.Generic;
using System.IO;
using Kerr.Cli.Console;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands.Capability;

/// <summary><c>capability</c>: who may have which Linux capabilities inside.</summary>
internal static class CapabilityGroup
{
    internal static Command Declare() => new() { Summary = "Manage Linux capabilities for users and groups" };

    /// <summary>The file of the installation; one that grants nothing where there is none.</summary>
    /// <exception cref="UserException">It cannot be read, or is not understood.</exception>
    internal static CapabilityFile Load(string path)
    {
        try
        {
            return CapabilityFile.Parse(FileSystem.TryStat(path) is null ? [] : SmallFile.Read(path, CapabilityFile.Limit));
        }
        catch (LinuxException error)
        {
            throw new UserException($"cannot read {path}: {error.Errno.Text()}", "check its permissions", error);
        }
        catch (InvalidDataException error)
        {
            throw new UserException($"{path}: {error.Message}", $"correct {path}, or remove it", error);
        }
    }

    /// <summary>The capabilities of a list; unknown ones are left out with a warning, as the peers do.</summary>
    internal static ulong Known(string list)
    {
        ulong set = Capabilities.Parse(list, out List<string> unknown);
        if (unknown.Count > 0)
        {
            Log.Warning($"Ignoring unknown capabilities: {string.Join(',', unknown)}");
        }

        return set;
    }
}

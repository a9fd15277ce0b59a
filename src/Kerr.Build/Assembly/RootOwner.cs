using System.Collections.Generic;
using Kerr.Linux.Processes;

namespace Kerr.Build.Assembly;

/// <summary>Has mksquashfs believe that root calls it.</summary>
/// <remarks>
/// The root directory of what it makes of a tar stream belongs to its caller: the stream cannot say whose it is, and -root-uid does nothing there
/// (4.5.1). So the same image would give other bytes for other users. In a user namespace with one id the caller is 0; nothing else changes,
/// as owners in the stream are numbers to it.
/// </remarks>
internal static class RootOwner
{
    /// <summary>The command as it is to be run: unchanged for root, and where no namespace is to be had.</summary>
    internal static (string Program, List<string> Arguments) Of(string tool, List<string> arguments)
    {
        if (CurrentProcess.EffectiveUserId == 0 || ChildProcess.Find("unshare", null) is not { } unshare
            || !ChildProcess.Run(unshare, ["--map-root-user", unshare, "--version"], []).Succeeded)
        {
            return (tool, arguments);
        }

        return (unshare, ["--map-root-user", "--", tool, .. arguments]);
    }
}

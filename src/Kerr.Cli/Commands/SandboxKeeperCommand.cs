using System.Globalization;
using Kerr.Linux;
using Kerr.Linux.Processes;
using Kerr.Runtime.Launch;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Cli.Commands;

/// <summary><c>sandbox-keeper</c>: removes what an image was unpacked to when the launch ends. Launches start it, people do not.</summary>
internal static class SandboxKeeperCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Remove a temporary sandbox when its launch ends",
        Synopsis = "<directory> [pid]",
        Description = "Launches with --unsquash start it.",
        Arity = Arity.Between(1, 2),
        Hidden = true,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string directory = invocation.Arguments[0];
        if (!SandboxKeeper.IsName(directory))
        {
            throw new UserException($"{directory} is not the directory of a temporary sandbox", "it is made and removed by launches with --unsquash");
        }

        if (invocation.Arguments.Length == 1)
        {
            SandboxKeeper.Detach(Site.Installation, directory);
            return 0;
        }

        int pid = int.TryParse(invocation.Arguments[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
        using var watched = CurrentProcess.IsOpen(ChildProcess.HandedFd) ? new SafeFileHandle(ChildProcess.HandedFd, ownsHandle: false) : null;
        return SandboxKeeper.Keep(directory, watched, pid) ? 0 : 1;
    }
}

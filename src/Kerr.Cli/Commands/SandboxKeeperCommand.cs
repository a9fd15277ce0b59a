using System;
using System.Globalization;
using Kerr.Linux;
using Kerr.Linux.Files;
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
        Synopsis = "<directory> <pid> [stay]",
        Description = "Launches with --unsquash start it.",
        Arity = Arity.Between(2, 3),
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

        int pid = int.TryParse(invocation.Arguments[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
        bool handed = FileSystem.ReadLink($"/proc/self/fd/{ChildProcess.HandedFd}")?.Contains("pidfd", StringComparison.Ordinal) == true;
        using var launch = handed ? new SafeFileHandle(ChildProcess.HandedFd, ownsHandle: false) : null;
        if (invocation.Arguments.Length == 2)
        {
            SandboxKeeper.Detach(Site.Installation, directory, launch, pid);
            return 0;
        }

        return SandboxKeeper.Keep(directory, launch, pid) ? 0 : 1;
    }
}

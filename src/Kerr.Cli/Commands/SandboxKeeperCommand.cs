using System;
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
        Synopsis = "<directory> <process>",
        Description = "Launches with --unsquash start it.",
        Arity = Arity.Exactly(2),
        Hidden = true,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string directory = invocation.Arguments[0];
        if (!SandboxKeeper.IsName(directory) || invocation.Arguments[1].AsSpan(invocation.Arguments[1].LastIndexOf(':') + 1).ContainsAnyExceptInRange('0', '9'))
        {
            throw new UserException($"{directory} is not the directory of a temporary sandbox", "it is made and removed by launches with --unsquash");
        }

        string who = invocation.Arguments[1];
        bool starting = who.StartsWith(SandboxKeeper.Starting, StringComparison.Ordinal);
        int pid = int.Parse(starting ? who[SandboxKeeper.Starting.Length..] : who, NumberStyles.None, CultureInfo.InvariantCulture);
        if (starting)
        {
            SandboxKeeper.Detach(Site.Installation, directory, pid);
            return 0;
        }

        using var watched = CurrentProcess.IsOpen(ChildProcess.HandedFd) ? new SafeFileHandle(ChildProcess.HandedFd, ownsHandle: false) : null;
        return SandboxKeeper.Keep(directory, watched, pid) ? 0 : 1;
    }
}

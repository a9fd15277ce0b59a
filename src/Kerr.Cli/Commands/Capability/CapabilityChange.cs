using System;
using System.Threading;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Runtime.Configuration;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Cli.Commands.Capability;

/// <summary><c>capability add</c> and <c>capability drop</c>: change what a user or a group has, under a lock.</summary>
internal static class CapabilityChange
{
    internal static Command DeclareAdd() => new()
    {
        Summary = "Add capabilities to a user or group",
        Synopsis = "[options] <capability,...>",
        Description =
            "Writes them into capability.json beside kerr.conf. \"all\" stands for every capability; \"capability avail\" lists them. Only root may.\n\n"
            + "What it gives: with --add-caps a user has them over the user namespace of the container; \"root\" has them in root's "
            + "containers where kerr.conf says \"root default capabilities = file\". In the setuid mode nobody gets any.",
        Examples = "kerr capability add --user alice CAP_NET_ADMIN\nkerr capability add --group net CAP_NET_RAW,CAP_NET_ADMIN",
        Arity = Arity.Exactly(1),
        Options = static () => CapabilityOptions.All,
        Run = static invocation => Run(invocation, (CapabilityFile file, string name, bool group, ulong set) =>
        {
            (group ? (Action<string, ulong>)file.AddToGroup : file.AddToUser)(name, set);
        }),
    };

    internal static Command DeclareDrop() => new()
    {
        Summary = "Remove capabilities from a user or group",
        Synopsis = "[options] <capability,...>",
        Description = "The next launch no longer has them; containers that run keep what they have. Only root may.",
        Examples = "kerr capability drop --user alice CAP_NET_ADMIN\nkerr capability drop --group net all",
        Arity = Arity.Exactly(1),
        Options = static () => CapabilityOptions.All,
        Run = static invocation => Run(invocation, (CapabilityFile file, string name, bool group, ulong set) =>
        {
            (group ? (Action<string, ulong>)file.DropFromGroup : file.DropFromUser)(name, set);
        }),
    };

    private static int Run(Invocation invocation, Action<CapabilityFile, string, bool, ulong> change)
    {
        string user = invocation.Values.Text(CapabilityOptions.User), group = invocation.Values.Text(CapabilityOptions.Group);
        if (CurrentProcess.EffectiveUserId != 0)
        {
            throw new UserException("only root can manage capabilities", $"run the command as root: sudo {invocation.Program.WithPath(invocation.Path)} …");
        }

        ulong set = CapabilityGroup.Known(invocation.Arguments[0]);
        if (user.Length == 0 && group.Length == 0)
        {
            throw new UserException("no user or group is named", "add --user NAME or --group NAME");
        }

        if (user.Length > 0 && UserDatabase.FindUser(user) is null)
        {
            throw new UserException($"there is no user {user}", "check the name: getent passwd");
        }

        if (group.Length > 0 && UserDatabase.FindGroup(group) is null)
        {
            throw new UserException($"there is no group {group}", "check the name: getent group");
        }

        string path = Site.Installation.CapabilityFile;
        try
        {
            using LockFile changing = LockFile.Acquire(path + ".lock", CancellationToken.None);
            CapabilityFile file = CapabilityGroup.Load(path);
            if (user.Length > 0)
            {
                change(file, user, false, set);
            }

            if (group.Length > 0)
            {
                change(file, group, true, set);
            }

            Write(path, file.ToBytes());
        }
        catch (LinuxException error)
        {
            throw new UserException($"cannot change {path}: {error.Message}", "make its directory writable for root, or use an editor", error);
        }

        return 0;
    }

    private static void Write(string path, byte[] content)
    {
        if (FileSystem.TryStat(path) is null)
        {
            // Everybody reads it: each launch that asks for a capability does, as the user.
            using SafeFileHandle made = FileCalls.Open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x1A4);
            FileCalls.SetPermissions(made, 0x1A4);
        }

        SmallFile.Replace(path, content);
    }
}

using System;
using System.Threading;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Runtime.Configuration;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Cli.Commands.Config;

/// <summary><c>config fakeroot</c>: gives users ranges of subordinate ids, by which their containers have more than one owner.</summary>
internal static class ConfigFakerootCommand
{
    private const string UidFile = "/etc/subuid", GidFile = "/etc/subgid", Lock = "/etc/.pwd.lock";

    private static readonly Option s_add = new("add", 'a', OptionKind.Flag, OptionScope.None, "give the user a range");
    private static readonly Option s_remove = new("remove", 'r', OptionKind.Flag, OptionScope.None, "take the user's range away");
    private static readonly Option s_enable = new("enable", 'e', OptionKind.Flag, OptionScope.None, "let the user's range be used again");
    private static readonly Option s_disable = new("disable", 'd', OptionKind.Flag, OptionScope.None, "keep the user's range, but let it not be used");

    internal static Command Declare() => new()
    {
        Summary = "Manage the subordinate ids of users, for --fakeroot and builds",
        Synopsis = "<option> <user>",
        Description = "Changes /etc/subuid and /etc/subgid: a range is 65536 ids that nobody else has. Only root can.",
        Examples = "kerr config fakeroot --add alice\nkerr config fakeroot --disable alice",
        Arity = Arity.Exactly(1),
        Options = static () => [s_add, s_remove, s_enable, s_disable],
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        OptionValues values = invocation.Values;
        int asked = 0;
        foreach (Option option in (ReadOnlySpan<Option>)[s_add, s_remove, s_enable, s_disable])
        {
            asked += values.Flag(option) ? 1 : 0;
        }

        if (asked != 1)
        {
            throw new UsageException("one of --add, --remove, --enable, --disable is needed", invocation.Path, invocation.Command, aboutOptions: true);
        }

        string name = invocation.Arguments[0];
        if (CurrentProcess.EffectiveUserId != 0)
        {
            throw new UserException($"\"{invocation.Path}\" command requires root privileges", "run the command as root");
        }

        UserEntry user = UserDatabase.FindUser(name) ?? throw new UserException($"there is no user {name}", $"check the name: id {name}");
        try
        {
            // lckpwdf(3) of useradd and usermod.
            using SafeFileHandle held = Locked();
            Change(values, user);
        }
        catch (LinuxException failure)
        {
            throw new UserException($"cannot change the subordinate ids: {failure.Message}", "check that /etc can be written", failure);
        }

        return 0;
    }

    private static void Change(OptionValues values, UserEntry user)
    {
        SubordinateIdFile uids = SubordinateIdFile.Load(UidFile), gids = SubordinateIdFile.Load(GidFile);
        bool? has = uids.State(user), hasGroups = gids.State(user);
        if (values.Flag(s_add))
        {
            if (has is true && hasGroups is true)
            {
                Log.Info($"{user.Name} has a range already");
                return;
            }

            if (has is null || hasGroups is null)
            {
                uint first = SubordinateIdFile.Free(uids, gids) ?? throw new UserException("all ranges are given out", "take one away: kerr config fakeroot --remove USER");
                Put(uids, has, first);
                Put(gids, hasGroups, first);
            }

            uids.Switch(user, on: true);
            gids.Switch(user, on: true);
        }
        else if (has is null && hasGroups is null)
        {
            throw new UserException($"{user.Name} has no range of subordinate ids", $"give one: kerr config fakeroot --add {user.Name}");
        }
        else if (values.Flag(s_remove))
        {
            uids.Remove(user);
            gids.Remove(user);
        }
        else
        {
            uids.Switch(user, values.Flag(s_enable));
            gids.Switch(user, values.Flag(s_enable));
        }

        uids.Save();
        gids.Save();

        void Put(SubordinateIdFile file, bool? there, uint first)
        {
            if (there is null)
            {
                file.Add(user, first);
            }
        }
    }

    private static SafeFileHandle Locked()
    {
        SafeFileHandle file = FileCalls.Open(Lock, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_NOFOLLOW, 0b110_000_000);
        for (int tries = 0; !FileLock.TryTake(file, 0, 0, write: true, out Errno errno) && errno is Errno.EAGAIN; tries++)
        {
            if (tries == 150)
            {
                file.Dispose();
                throw new UserException($"another program changes users: {Lock} is locked", "try again when it has ended");
            }

            Thread.Sleep(100);
        }

        return file;
    }
}

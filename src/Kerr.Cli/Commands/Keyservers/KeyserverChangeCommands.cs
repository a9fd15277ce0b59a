using Kerr.Cli.Console;
using Kerr.Cli.Options;

namespace Kerr.Cli.Commands.Keyservers;

/// <summary><c>keyserver add</c> and <c>remove</c>, and the names that they had below <c>remote</c>.</summary>
internal static class KeyserverChangeCommands
{
    internal static Command Add() => new()
    {
        Summary = "Add a keyserver",
        Synopsis = "[options] [remote] <url>",
        Description = "Add a keyserver to an endpoint of the site, the default if none is named. Only root can.",
        Examples = "kerr keyserver add https://keys.example.org\nkerr keyserver add --order 1 work https://keys.example.org",
        Arity = Arity.Between(1, 2),
        Options = static () => RemoteOptions.AddKeyserver,
        Run = static invocation =>
        {
            OptionValues values = invocation.Values;
            long? order = values.IsSet(RemoteOptions.Order) ? values.Number(RemoteOptions.Order) : null;
            KeyserverGroup.Change(invocation, Remote(invocation), servers => servers.Add(invocation.Arguments[^1], order, values.Flag(RemoteOptions.KeyserverInsecure)));
            Log.Info($"Keyserver {invocation.Arguments[^1]} added");
            return 0;
        },
    };

    internal static Command Remove() => new()
    {
        Summary = "Remove a keyserver",
        Synopsis = "[options] [remote] <url>",
        Description = "Remove a keyserver from an endpoint of the site, the default if none is named. Only root can.",
        Examples = "kerr keyserver remove https://keys.example.org",
        Arity = Arity.Between(1, 2),
        Options = static () => RemoteOptions.Plain,
        Run = static invocation =>
        {
            KeyserverGroup.Change(invocation, Remote(invocation), servers => servers.Remove(invocation.Arguments[^1]));
            Log.Info($"Keyserver {invocation.Arguments[^1]} removed");
            return 0;
        },
    };

    internal static Command OldAdd() => Hidden(Add());

    internal static Command OldRemove() => Hidden(Remove());

    private static string Remote(Invocation invocation) => invocation.Arguments.Length == 2 ? invocation.Arguments[0] : "";

    private static Command Hidden(Command command) => new()
    {
        Summary = command.Summary,
        Synopsis = "[options] <url>",
        Description = command.Description,
        Arity = Arity.Exactly(1),
        Options = command.Options,
        Hidden = true,
        Run = invocation =>
        {
            Log.Warning($"'{invocation.Path}' is deprecated: use keyserver add, or keyserver remove");
            return command.Run!(invocation);
        },
    };
}

using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Remotes;

/// <summary><c>remote remove</c>: forgets an endpoint.</summary>
internal static class RemoteRemoveCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Remove a remote endpoint",
        Synopsis = "[options] <name>",
        Description = "Remove an existing apptainer remote endpoint, and the login at it.",
        Examples = "kerr remote remove work",
        Arity = Arity.Exactly(1),
        Options = static () => RemoteOptions.Remove,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string name = invocation.Arguments[0];
        bool global = invocation.Values.Flag(RemoteOptions.Global);
        if (global)
        {
            RemoteStore.NeedSite("global endpoint configuration file");
        }

        string path = global ? RemoteStore.SitePath : RemoteStore.OwnPath(invocation);
        RemoteFile file = global ? RemoteStore.SiteFile() : RemoteFile.Load(path);
        if (!file.Remotes.TryGetValue(name, out RemoteEndpoint? found) || (!global && found.System))
        {
            throw !global && RemoteStore.SiteFile().Remotes.ContainsKey(name)
                ? new UserException($"{name} is global and can't be removed", $"as root: {invocation.Program.Name} remote remove --global {name}")
                : new UserException($"{name} is not a remote", $"{invocation.Program.Name} remote list shows those that are configured");
        }

        file.Remotes.Remove(name);
        file.Active = file.Active == name ? "" : file.Active;
        file.Save(path, forAll: global);
        Log.Info($"Remote \"{name}\" removed");
        return 0;
    }
}

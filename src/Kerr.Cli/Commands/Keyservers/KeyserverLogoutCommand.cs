using Kerr.Cli.Commands.Remotes;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Keyservers;

/// <summary><c>keyserver logout</c>: forgets a name and password.</summary>
internal static class KeyserverLogoutCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Log out from a keyserver",
        Synopsis = "[options] <url>",
        Examples = "kerr keyserver logout https://keys.example.org",
        Arity = Arity.Exactly(1),
        Options = static () => RemoteOptions.Plain,
        Run = Run,
    };

    internal static int Run(Invocation invocation)
    {
        string uri = Keyserver.Normalize(invocation.Arguments[0]);
        string path = RemoteStore.OwnPath(invocation);
        RemoteFile own = RemoteFile.Load(path);
        if (own.Logins.RemoveAll(login => login.Uri.TrimEnd('/') == uri) > 0)
        {
            own.Save(path, forAll: false);
            Log.Info($"Logged out from {uri}");
        }
        else
        {
            Log.Warning($"{uri} is not configured");
        }

        return 0;
    }
}

using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Remotes;

/// <summary><c>remote use</c>: chooses the default endpoint.</summary>
internal static class RemoteUseCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Set the default remote endpoint",
        Synopsis = "[options] <name>",
        Description = "Set an apptainer remote endpoint as the default: of the caller, of the site (--global), or as the only one that may be used (--exclusive).",
        Examples = "kerr remote use work\nkerr remote use --exclusive work",
        Arity = Arity.Exactly(1),
        Options = static () => RemoteOptions.Use,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string name = invocation.Arguments[0];
        bool exclusive = invocation.Values.Flag(RemoteOptions.Exclusive);
        if (!exclusive && !invocation.Values.Flag(RemoteOptions.Global))
        {
            string path = RemoteStore.OwnPath(invocation);
            RemoteFile own = RemoteFile.Load(path);
            new RemoteConfiguration(own, RemoteStore.SiteFile()).Use(name);
            own.Save(path, forAll: false);
        }
        else
        {
            RemoteStore.NeedSite("global endpoint configuration file");
            RemoteFile site = RemoteStore.SiteFile();
            if (!site.Remotes.ContainsKey(name))
            {
                throw new UserException($"{name} is not a remote of the site", $"add it first: {invocation.Program.Name} remote add --global {name} URI");
            }

            foreach (string other in (string[])[.. site.Remotes.Keys])
            {
                site.Remotes[other] = site.Remotes[other] with { Exclusive = exclusive && other == name };
            }

            site.Active = name;
            site.Save(RemoteStore.SitePath, forAll: true);
        }

        Log.Info($"Remote \"{name}\" now in use{(exclusive ? ", by everybody" : "")}");
        return 0;
    }
}

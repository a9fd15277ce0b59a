using System;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Remotes;

/// <summary><c>remote add</c>: a name for an endpoint.</summary>
internal static class RemoteAddCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Add a remote endpoint",
        Synopsis = "[options] <name> <uri>",
        Description = "Add a new apptainer remote endpoint under a name, make it the default, and log in at it.",
        Examples = "kerr remote add --no-login work cloud.example.org\nkerr remote add --tokenfile token.txt work https://cloud.example.org",
        Arity = Arity.Exactly(2),
        Options = static () => RemoteOptions.Add,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string name = invocation.Arguments[0];
        OptionValues values = invocation.Values;
        RemoteEndpoint endpoint = Endpoint(invocation.Arguments[1], values.Flag(RemoteOptions.AddInsecure));
        if (values.Flag(RemoteOptions.Global))
        {
            RemoteStore.NeedSite("global endpoint configuration file");
            RemoteFile site = RemoteStore.SiteFile();
            RemoteConfiguration.Add(site, name, endpoint with { System = true });
            site.Active = values.Flag(RemoteOptions.NoDefault) && site.Active.Length > 0 ? site.Active : name;
            site.Save(RemoteStore.SitePath, forAll: true);
            Log.Info($"Remote \"{name}\" added for all users; each logs in by: {invocation.Program.Name} remote login {name}");
            return 0;
        }

        string path = RemoteStore.OwnPath(invocation);
        RemoteFile own = RemoteFile.Load(path);
        RemoteConfiguration.Add(own, name, endpoint);
        if (!values.Flag(RemoteOptions.NoDefault))
        {
            new RemoteConfiguration(own, RemoteStore.SiteFile()).Use(name);
        }

        own.Save(path, forAll: false);
        Log.Info($"Remote \"{name}\" added{(values.Flag(RemoteOptions.NoDefault) ? "" : ", and is the default now")}");
        return values.Flag(RemoteOptions.NoLogin) ? 0 : RemoteLoginCommand.AtEndpoint(invocation, name);
    }

    /// <summary>Host and path, from what may be written with a scheme.</summary>
    internal static RemoteEndpoint Endpoint(string text, bool insecure)
    {
        string address = text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}";
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0 || uri.UserInfo.Length > 0)
        {
            throw new UserException($"{text} is no address of an endpoint", "write it like this: cloud.example.org");
        }

        if (uri.Scheme == "http" && !insecure)
        {
            throw new UserException($"{text} is not encrypted, and tokens would be sent there", "use https://, or add --insecure");
        }

        return new RemoteEndpoint((uri.Authority + uri.AbsolutePath).TrimEnd('/')) { Insecure = insecure };
    }
}

using Kerr.Cli.Options.Actions;
using Kerr.Linux;
using Kerr.Registry.Cache;
using Kerr.Registry.References;

namespace Kerr.Cli.Commands.Registries;

/// <summary><c>registry</c>: logins at OCI registries.</summary>
internal static class RegistryGroup
{
    internal static Command Declare() => new() { Summary = "Log in at OCI/Docker registries" };

    /// <summary>The registry that a URI or a bare name stands for.</summary>
    internal static string HostOf(string argument)
    {
        ImageUri? uri = argument.Contains("://", System.StringComparison.Ordinal) ? ImageUri.TryParse(argument) : null;
        string rest = (uri is null ? argument : uri.Transport is Transport.Docker or Transport.Oras ? uri.Rest
            : throw new UserException($"{argument} does not name a registry", "write it like this: docker://registry.example.org")).TrimEnd('/');
        return RegistryReference.ParseHost(rest.Split('/')[0]);
    }

    /// <summary>The file that logins are kept in.</summary>
    internal static string File(Invocation invocation)
    {
        if (invocation.Values.Text(ImageOptions.AuthFile) is { Length: > 0 } asked)
        {
            return asked;
        }

        string directory = UserDirectory.Configuration(invocation.Environment)
            ?? throw new UserException("there is no place for logins: the caller has no home directory", "name one: --authfile FILE");
        UserDirectory.MakePrivate(directory);
        return directory + "/docker-config.json";
    }
}

using System;
using System.Text;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Registry.Auth;
using Kerr.Registry.Distribution;

namespace Kerr.Cli.Commands.Registries;

/// <summary><c>registry login</c>: holds a login against a registry and keeps it.</summary>
internal static class RegistryLoginCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Login to an OCI/Docker registry",
        Synopsis = "[options] <registry>",
        Description = "Login to an OCI/Docker registry: the name and password are tried, and kept in docker-config.json for pull and push.",
        Examples = "kerr registry login --username me docker://registry.example.org\nkerr registry login -u me --password-stdin oras://reg.example.org <token",
        Arity = Arity.Exactly(1),
        Options = static () => RegistryCommandOptions.Login,
        Run = Run,
    };

    internal static int Run(Invocation invocation)
    {
        string host = RegistryGroup.HostOf(invocation.Arguments[0]);
        Credential credential = Asked(invocation, host);
        RegistryOptions options = Transfers.TransferSetup.Options(invocation, Site.Configuration(invocation, Site.Installation));
        try
        {
            using var registry = new RegistryHost(host, insecure: false, options, credential);
            registry.CheckLogin();
        }
        catch (TransferException failure)
        {
            throw new UserException($"could not log in at {host}: {failure.Message}", "check the name of the registry", failure);
        }

        CredentialFile.Load(RegistryGroup.File(invocation)).Set(host, credential);
        Log.Info($"Logged in at {host}; the password is kept unencrypted in {RegistryGroup.File(invocation)}");
        return 0;
    }

    /// <summary>The name and password of options, standard input, or the terminal.</summary>
    internal static Credential Asked(Invocation invocation, string host)
    {
        OptionValues values = invocation.Values;
        string user = values.Text(RegistryCommandOptions.UserName);
        if (user.Length == 0)
        {
            throw new UserException($"a login at {host} needs a name", "add it: --username NAME");
        }

        string password = values.Flag(RegistryCommandOptions.PasswordStdin) ? FirstLine()
            : values.IsSet(RegistryCommandOptions.Password) ? values.Text(RegistryCommandOptions.Password)
            : Terminal.Ask("Password / Token: ", hidden: true);
        return password.Length > 0
            ? new Credential(ByteText.ToUnicode(user), ByteText.ToUnicode(password))
            : throw new UserException($"a login at {host} needs a password", "give it by --password-stdin, or at the terminal");
    }

    private static string FirstLine()
    {
        string text = Encoding.Latin1.GetString(SmallFile.Read("/dev/stdin", 1 << 16));
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }
}

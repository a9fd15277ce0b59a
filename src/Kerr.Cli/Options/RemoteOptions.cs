namespace Kerr.Cli.Options;

/// <summary>Options of the groups <c>remote</c> and <c>keyserver</c>.</summary>
internal static class RemoteOptions
{
    internal static readonly Option Config = new("config", 'c', OptionKind.Text, OptionScope.None,
        "the file of remote endpoints, instead of ~/.apptainer/remote.yaml")
    { ValueName = "FILE" };

    internal static readonly Option Global = new("global", 'g', OptionKind.Flag, OptionScope.None, "for all users: change the site's file");

    internal static readonly Option Exclusive = new("exclusive", 'e', OptionKind.Flag, OptionScope.None, "let nobody use another endpoint; implies --global");

    internal static readonly Option NoLogin = new("no-login", '\0', OptionKind.Flag, OptionScope.None, "do not log in at it");

    internal static readonly Option NoDefault = new("no-default", 'n', OptionKind.Flag, OptionScope.None, "do not make it the default");

    internal static readonly Option TokenFile = new("tokenfile", '\0', OptionKind.Text, OptionScope.None, "take the access token from this file")
    { ValueName = "FILE" };

    internal static readonly Option AddInsecure = new("insecure", 'i', OptionKind.Flag, OptionScope.None, "speak to it by http")
    { Keys = ["ADD_INSECURE"] };

    internal static readonly Option LoginInsecure = new("insecure", 'i', OptionKind.Flag, OptionScope.None, "speak to it by http")
    { Keys = ["LOGIN_INSECURE"] };

    internal static readonly Option Order = new("order", 'o', OptionKind.Number, OptionScope.None, "the place among the keyservers, 1 for the first one asked; the last without it")
    { Default = "0" };

    internal static readonly Option KeyserverInsecure = new("insecure", 'i', OptionKind.Flag, OptionScope.None, "connect without checking its certificate");

    internal static readonly Option[] Add = [Global, NoLogin, NoDefault, TokenFile, AddInsecure, Config];

    internal static readonly Option[] Remove = [Global, Config];

    internal static readonly Option[] Use = [Global, Exclusive, Config];

    internal static readonly Option[] Login =
        [RegistryCommandOptions.UserName, RegistryCommandOptions.Password, RegistryCommandOptions.PasswordStdin, TokenFile, LoginInsecure, Actions.ImageOptions.AuthFile, Config];

    internal static readonly Option[] Plain = [Config];

    internal static readonly Option[] AddKeyserver = [Order, KeyserverInsecure, Config];

    internal static readonly Option[] KeyserverLogin =
        [RegistryCommandOptions.UserName, RegistryCommandOptions.Password, RegistryCommandOptions.PasswordStdin, Config];
}

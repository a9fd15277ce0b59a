using Kerr.Cli.Options.Actions;

namespace Kerr.Cli.Options;

/// <summary>Options of the group <c>registry</c>.</summary>
internal static class RegistryCommandOptions
{
    internal static readonly Option Config = new("config", 'c', OptionKind.Text, OptionScope.None, "the file of remote endpoints")
    { ValueName = "FILE", Hidden = true };

    internal static readonly Option UserName = new("username", 'u', OptionKind.Text, OptionScope.None, "the name to log in by")
    { ValueName = "NAME", Keys = ["LOGIN_USERNAME"] };

    internal static readonly Option Password = new("password", 'p', OptionKind.Text, OptionScope.None, "the password; other users of the host can see it")
    { ValueName = "PASSWORD", Keys = ["LOGIN_PASSWORD"] };

    internal static readonly Option PasswordStdin = new("password-stdin", '\0', OptionKind.Flag, OptionScope.None, "read the password from standard input");

    internal static readonly Option[] Login = [UserName, Password, PasswordStdin, ImageOptions.AuthFile, ImageOptions.NoHttps];

    internal static readonly Option[] Logout = [ImageOptions.AuthFile];
}

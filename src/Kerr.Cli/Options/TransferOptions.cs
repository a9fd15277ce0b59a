using Kerr.Cli.Options.Actions;

namespace Kerr.Cli.Options;

/// <summary>Options of <c>pull</c> and <c>push</c>; those of credentials are shared with the actions.</summary>
internal static class TransferOptions
{
    internal static readonly Option Arch = Text("arch", "NAME", "the architecture of the image, such as arm64", "PULL_ARCH", "ARCH");

    internal static readonly Option ArchVariant = Text("arch-variant", "NAME", "the variant of the architecture, such as v8", "PULL_ARCH_VARIANT");

    internal static readonly Option Platform = Text("platform", "OS/ARCH", "the same as one text: linux/arm64/v8", "PLATFORM");

    internal static readonly Option Library = Text("library", "URL", "the library server to use", "LIBRARY");

    internal static readonly Option Directory = Text("dir", "PATH", "the directory for the image", "PULLDIR", "PULLFOLDER");

    internal static readonly Option Name = new("name", '\0', OptionKind.Text, OptionScope.None, "the name of the file")
    { ValueName = "FILE", Keys = ["PULL_NAME"], Hidden = true };

    internal static readonly Option Force = new("force", 'F', OptionKind.Flag, OptionScope.None, "replace what is there")
    { Keys = ["FORCE"] };

    internal static readonly Option Reproducible = new("reproducible", '\0', OptionKind.Flag, OptionScope.None,
        "the same image gives the same bytes; this is always so")
    { Keys = ["REPRODUCIBLE"] };

    internal static readonly Option Sandbox = new("sandbox", '\0', OptionKind.Flag, OptionScope.None, "make a directory")
    { Keys = ["SANDBOX"] };

    internal static readonly Option NoCleanup = new("no-cleanup", '\0', OptionKind.Flag, OptionScope.None, "keep what is unfinished when it fails")
    { Keys = ["NO_CLEANUP"] };

    internal static readonly Option AllowUnsigned = new("allow-unsigned", 'U', OptionKind.Flag, OptionScope.None, "do without a signature")
    { Keys = ["ALLOW_UNSIGNED"], Hidden = true };

    internal static readonly Option AllowUnauthenticated = new("allow-unauthenticated", '\0', OptionKind.Flag, OptionScope.None, "do without a signature")
    { Keys = ["ALLOW_UNAUTHENTICATED"], Hidden = true };

    internal static readonly Option Description = new("description", 'D', OptionKind.Text, OptionScope.None, "a description of the image");

    internal static readonly Option Annotation = new("annotation", '\0', OptionKind.Repeated, OptionScope.None, "an annotation of the manifest")
    { ValueName = "NAME=VALUE" };

    internal static readonly Option[] Pull =
    [
        Arch, ArchVariant, Platform, Library, Directory, Name, Force, Reproducible, Sandbox, NoCleanup, AllowUnsigned, AllowUnauthenticated,
        ImageOptions.DisableCache, ImageOptions.Offline, ImageOptions.NoHttps, ImageOptions.DockerLogin, ImageOptions.DockerUsername, ImageOptions.DockerPassword,
        ImageOptions.DockerHost, ImageOptions.AuthFile, ImageOptions.TmpDir,
    ];

    internal static readonly Option SearchArch = Text("arch", "NAME", "the architecture of the images; the host's without it", "SEARCH_ARCH");

    internal static readonly Option Signed = new("signed", '\0', OptionKind.Flag, OptionScope.None, "only signed images") { Keys = ["SEARCH_SIGNED"] };

    internal static readonly Option DeleteArch = new("arch", 'A', OptionKind.Text, OptionScope.None, "the architecture of the image; the host's without it")
    { ValueName = "NAME", Keys = ["ARCH"] };

    internal static readonly Option DeleteForce = new("force", 'F', OptionKind.Flag, OptionScope.None, "do not ask") { Keys = ["FORCE"] };

    internal static readonly Option DeleteTimeout = new("timeout", 'T', OptionKind.Number, OptionScope.None, "seconds to wait for an answer")
    { Default = "15", Keys = ["TIMEOUT"], Hidden = true };

    private static readonly Option[] s_credentials =
        [ImageOptions.NoHttps, ImageOptions.DockerLogin, ImageOptions.DockerUsername, ImageOptions.DockerPassword, ImageOptions.AuthFile];

    internal static readonly Option[] Search = [Library, SearchArch, Signed, .. s_credentials];

    internal static readonly Option[] Delete = [Library, DeleteArch, DeleteForce, DeleteTimeout, .. s_credentials];

    internal static readonly Option[] Tag = s_credentials;

    internal static readonly Option PushUnsigned = new("allow-unsigned", 'U', OptionKind.Flag, OptionScope.None, "push to a library without a look at signatures")
    { Keys = ["ALLOW_UNSIGNED"] };

    internal static readonly Option[] Push =
    [
        Library, PushUnsigned, Description, Annotation, ImageOptions.NoHttps, ImageOptions.DockerLogin, ImageOptions.DockerUsername,
        ImageOptions.DockerPassword, ImageOptions.DockerHost, ImageOptions.AuthFile,
    ];

    private static Option Text(string name, string value, string help, params string[] keys)
        => new(name, '\0', OptionKind.Text, OptionScope.None, help) { ValueName = value, Keys = keys };
}

using System.Collections.Generic;
using Kerr.Cli.Options.Actions;

namespace Kerr.Cli.Options;

/// <summary>Options of <c>build</c>.</summary>
internal static class BuildOptions
{
    private const OptionScope Build = OptionScope.Build;

    internal static readonly Option Sandbox = new("sandbox", 's', OptionKind.Flag, Build, "make a directory")
    { Keys = ["SANDBOX"] };

    internal static readonly Option Data = new("data", '\0', OptionKind.Flag, Build,
        "make an image of data, which cannot be run but mounted")
    { Keys = ["DATA"] };

    internal static readonly Option Section = new("section", '\0', OptionKind.List, Build,
        "run only these sections: setup, post, files, environment, test, labels; all; none")
    { Default = "all", Keys = ["SECTION"] };

    internal static readonly Option Json = new("json", '\0', OptionKind.Flag, Build, "the definition is JSON")
    { Keys = ["JSON"] };

    internal static readonly Option Update = new("update", 'u', OptionKind.Flag, Build,
        "run the definition on the directory that is there already")
    { Keys = ["UPDATE"] };

    internal static readonly Option Force = new("force", 'F', OptionKind.Flag, Build, "replace what is there")
    { Keys = ["FORCE"] };

    internal static readonly Option NoTest = new("notest", 'T', OptionKind.Flag, Build, "leave out the test section")
    { Keys = ["NOTEST"] };

    internal static readonly Option Arch = new("arch", '\0', OptionKind.Text, Build,
        "the architecture to build for, such as arm64")
    { ValueName = "NAME", Keys = ["BUILD_ARCH"] };

    internal static readonly Option ArchVariant = new("arch-variant", '\0', OptionKind.Text, Build,
        "the variant of the architecture, such as v8")
    { ValueName = "NAME", Keys = ["BUILD_ARCH_VARIANT"] };

    internal static readonly Option Library = new("library", '\0', OptionKind.Text, Build, "the library server to use")
    { ValueName = "URL", Keys = ["LIBRARY"] };

    internal static readonly Option NoCache = new("no-cache", '\0', OptionKind.Flag, Build,
        "run all sections again, and keep none of their results")
    { Keys = ["NO_CACHE"] };

    internal static readonly Option NoCleanup = new("no-cleanup", '\0', OptionKind.Flag, Build,
        "keep the unfinished container when a build fails")
    { Keys = ["NO_CLEANUP"] };

    internal static readonly Option Fakeroot = new("fakeroot", 'f', OptionKind.Flag, Build,
        "be root in the build, while being the caller to the host")
    { Keys = ["FAKEROOT"] };

    internal static readonly Option Encrypt = new("encrypt", 'e', OptionKind.Flag, Build, "encrypt the file system");

    internal static readonly Option FixPerms = new("fix-perms", '\0', OptionKind.Flag, Build,
        "give the owner rwX on everything that comes from an OCI image")
    { Keys = ["FIXPERMS"] };

    internal static readonly Option MksquashfsArgs = new("mksquashfs-args", '\0', OptionKind.Text, Build,
        "more arguments for mksquashfs")
    { ValueName = "ARGS", Keys = ["MKSQUASHFS_ARGS"] };

    internal static readonly Option Nv = new("nv", '\0', OptionKind.Flag, Build,
        "NVIDIA devices and libraries during post and test");

    internal static readonly Option NvCcli = new("nvccli", '\0', OptionKind.Flag, Build,
        "the same, set up by nvidia-container-cli")
    { Keys = ["NVCCLI"] };

    internal static readonly Option Rocm = new("rocm", '\0', OptionKind.Flag, Build,
        "AMD ROCm devices and libraries during post and test");

    internal static readonly Option Compat32 = new("compat32", '\0', OptionKind.Flag, Build,
        "with --nv or --rocm, the libraries for 32-bit programs too");

    internal static readonly Option Bind = new("bind", 'B', OptionKind.Repeated, Build,
        "show SOURCE of the host at TARGET during post and test")
    { ValueName = "SOURCE[:TARGET[:OPTIONS]]" };

    internal static readonly Option Mount = new("mount", '\0', OptionKind.Repeated, Build,
        "the same as pairs: type=bind,source=PATH,destination=PATH")
    { ValueName = "SPEC", Keys = ["MOUNT"], EnvironmentAdds = true };

    internal static readonly Option WritableTmpfs = new("writable-tmpfs", '\0', OptionKind.Flag, Build,
        "let the test section write, in memory")
    { Keys = ["WRITABLE_TMPFS"] };

    internal static readonly Option UserNamespace = new("userns", '\0', OptionKind.Flag, Build,
        "use a user namespace even where the setuid starter could be used")
    { Keys = ["USERNS"] };

    internal static readonly Option Reproducible = new("reproducible", '\0', OptionKind.Flag, Build,
        "take times from the source, so that equal input gives equal bytes")
    { Keys = ["REPRODUCIBLE"] };

    internal static readonly Option BuildArg = new("build-arg", '\0', OptionKind.List, Build,
        "value of a template argument of the definition")
    { ValueName = "NAME=VALUE" };

    internal static readonly Option BuildArgFile = new("build-arg-file", '\0', OptionKind.Text, Build,
        "file with a NAME=VALUE per line")
    { ValueName = "FILE" };

    internal static readonly Option WarnUnusedBuildArgs = new("warn-unused-build-args", '\0', OptionKind.Flag, Build,
        "an argument that the definition does not use is a warning, not an error");

    internal static readonly Option BuildkitHost = new("buildkit-host", '\0', OptionKind.Text, Build,
        "the BuildKit daemon to use")
    { ValueName = "URL", Keys = ["BUILDKIT_HOST"], KeysWithoutPrefix = true };

    internal static readonly Option IgnoreSubuid = new("ignore-subuid", '\0', OptionKind.Flag, Build,
        "--fakeroot does as if /etc/subuid had no range for the caller")
    { Keys = ["IGNORE_SUBUID"], Hidden = true };

    internal static readonly Option IgnoreFakerootCommand = new("ignore-fakeroot-command", '\0', OptionKind.Flag, Build,
        "--fakeroot does without its help for programs that change owners")
    { Keys = ["IGNORE_FAKEROOT_COMMAND"], Hidden = true };

    internal static readonly Option IgnoreUserns = new("ignore-userns", '\0', OptionKind.Flag, Build,
        "--fakeroot does as if there were no user namespaces")
    { Keys = ["IGNORE_USERNS"], Hidden = true };

    internal static readonly Option IgnoreProot = new("ignore-proot", '\0', OptionKind.Flag, Build,
        "do as if there were no proot")
    { Keys = ["IGNORE_PROOT"], Hidden = true };

    internal static readonly Option NoSetgroups = new("no-setgroups", '\0', OptionKind.Flag, Build,
        "forbid setgroups under --fakeroot")
    { Keys = ["NO_SETGROUPS"] };

    internal static readonly Option Remote = new("remote", 'r', OptionKind.Flag, Build,
        "build on a remote builder (there is none any more)")
    { Keys = ["REMOTE"], Hidden = true };

    internal static readonly Option Detached = new("detached", 'd', OptionKind.Flag, Build,
        "do not wait for a remote build")
    { Keys = ["DETACHED"], Hidden = true };

    internal static readonly Option Builder = new("builder", '\0', OptionKind.Text, Build, "the remote builder")
    { ValueName = "URL", Keys = ["BUILDER"], Hidden = true };

    internal static readonly Option[] Own =
    [
        Sandbox, Data, Section, Json, Update, Force, NoTest, Arch, ArchVariant, Library, NoCache, NoCleanup, Fakeroot, Encrypt,
        FixPerms, MksquashfsArgs, Nv, NvCcli, Rocm, Compat32, Bind, Mount, WritableTmpfs, UserNamespace, Reproducible,
        BuildArg, BuildArgFile, WarnUnusedBuildArgs, BuildkitHost, IgnoreSubuid, IgnoreFakerootCommand, IgnoreUserns,
        IgnoreProot, NoSetgroups, Remote, Detached, Builder,
    ];

    /// <summary>Its own and those that it shares with the actions.</summary>
    internal static Option[] Table()
    {
        List<Option> found = [.. Own];
        ActionOptionTable.Add(found, ImageOptions.All, Build);
        return [.. found];
    }
}

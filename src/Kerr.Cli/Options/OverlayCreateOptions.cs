using Kerr.Cli.Options.Actions;

namespace Kerr.Cli.Options;

/// <summary>Options of <c>overlay create</c>.</summary>
internal static class OverlayCreateOptions
{
    internal static readonly Option Size = new("size", 's', OptionKind.Number, OptionScope.None,
        "its size in MiB, at least 64")
    { Default = "64", ValueName = "MIB" };

    internal static readonly Option Sparse = new("sparse", 'S', OptionKind.Flag, OptionScope.None,
        "take space on the disk when it is written to, not now")
    { Keys = ["SPARSE"] };

    internal static readonly Option CreateDir = new("create-dir", '\0', OptionKind.List, OptionScope.None,
        "make these directories in it, which belong to the caller")
    { ValueName = "PATH" };

    internal static readonly Option Fakeroot = new("fakeroot", 'f', OptionKind.Flag, OptionScope.None,
        "make it for launches with --fakeroot: what is in it belongs to root")
    { Keys = ["FAKEROOT"] };

    internal static Option TmpDir => ImageOptions.TmpDir;

    internal static readonly Option[] All = [Size, Sparse, CreateDir, Fakeroot, TmpDir];
}

namespace Kerr.Cli.Options.Actions;

/// <summary>What of the host is seen inside, and where writes go.</summary>
internal static class MountOptions
{
    internal static readonly Option Bind = new("bind", 'B', OptionKind.Repeated, OptionScope.Actions,
        "show SOURCE of the host at TARGET (default: the same path); options: ro, rw, image-src=PATH, id=NUMBER. "
        + "Several at once are separated by commas; a comma or colon of a name is written \\, or \\:")
    { ValueName = "SOURCE[:TARGET[:OPTIONS]]", Keys = ["BIND", "BINDPATH"], EnvironmentAdds = true };

    internal static readonly Option Mount = new("mount", '\0', OptionKind.Repeated, OptionScope.Actions,
        "the same as pairs: type=bind,source=PATH,destination=PATH[,ro][,image-src=PATH][,id=NUMBER]")
    { ValueName = "SPEC", Keys = ["MOUNT"], EnvironmentAdds = true };

    internal static readonly Option Data = new("data", '\0', OptionKind.Repeated, OptionScope.Actions,
        "show the data of a data container at TARGET")
    { ValueName = "SOURCE:TARGET", Support = OptionSupport.Refused };

    internal static readonly Option Home = new("home", 'H', OptionKind.Text, OptionScope.Actions,
        "the home directory to show, and where (default: the caller's own)")
    { ValueName = "SOURCE[:TARGET]", Keys = ["HOME"] };

    internal static readonly Option NoHome = new("no-home", '\0', OptionKind.Flag, OptionScope.Actions,
        "do not show the home directory, unless it is the working directory")
    { Keys = ["NO_HOME"] };

    internal static readonly Option Overlay = new("overlay", 'o', OptionKind.List, OptionScope.Actions,
        "lay a directory or an image over the container, for changes that stay; :ro makes it a layer to read")
    { ValueName = "PATH[:ro]", Keys = ["OVERLAY", "OVERLAYIMAGE"] };

    internal static readonly Option Scratch = new("scratch", 'S', OptionKind.List, OptionScope.Actions,
        "an empty writable directory at this path; it ends with the container unless --workdir keeps it")
    { ValueName = "PATH", Keys = ["SCRATCH", "SCRATCHDIR"] };

    internal static readonly Option Workdir = new("workdir", 'W', OptionKind.Text, OptionScope.Actions,
        "directory of the host that holds /tmp, /var/tmp and home under --contain, and --scratch")
    { ValueName = "PATH", Keys = ["WORKDIR"] };

    internal static readonly Option Writable = new("writable", 'w', OptionKind.Flag, OptionScope.Actions,
        "change the image itself")
    { Keys = ["WRITABLE"] };

    internal static readonly Option WritableTmpfs = new("writable-tmpfs", '\0', OptionKind.Flag, OptionScope.Actions,
        "let everything be written, in memory, and forget it at the end")
    { Keys = ["WRITABLE_TMPFS"] };

    internal static readonly Option NoMount = new("no-mount", '\0', OptionKind.List, OptionScope.Actions,
        "leave out mounts that the configuration makes: proc, sys, dev, devpts, home, tmp, hostfs, cwd, bind-paths, "
        + "or the target of one 'bind path'")
    { Keys = ["NO_MOUNT"] };

    internal static readonly Option ContainLibs = new("containlibs", '\0', OptionKind.List, OptionScope.Actions,
        "libraries of the host to show in /.singularity.d/libs")
    { ValueName = "PATH", Keys = ["CONTAINLIBS"], Hidden = true };

    internal static readonly Option FuseMount = new("fusemount", '\0', OptionKind.List, OptionScope.Actions,
        "mount a FUSE file system with a program of the container or the host; implies --pid")
    { ValueName = "WHERE:COMMAND TARGET", Keys = ["FUSESPEC"] };

    internal static readonly Option Underlay = new("underlay", '\0', OptionKind.Flag, OptionScope.Actions,
        "make missing bind targets by an underlay instead of an overlay")
    { Keys = ["UNDERLAY"], Deprecated = "it is chosen by itself where overlay does not work" };

    internal static readonly Option NoShareImage = new("no-share-image", '\0', OptionKind.Flag, OptionScope.Actions,
        "mount the image for this launch alone, not once for all of the job")
    { Keys = ["NO_SHARE_IMAGE"] };

    internal static readonly Option NoShareRanks = new("no-share-ranks", '\0', OptionKind.Flag, OptionScope.Actions,
        "give each rank of a parallel program namespaces of its own")
    { Keys = ["NO_SHARE_RANKS"] };

    internal static readonly Option Cwd = new("cwd", '\0', OptionKind.Text, OptionScope.Processes,
        "the directory to start in")
    { ValueName = "PATH", Keys = ["CWD", "TARGET_CWD"] };

    internal static readonly Option Pwd = new("pwd", '\0', OptionKind.Text, OptionScope.Processes,
        "the same as --cwd")
    { ValueName = "PATH", Keys = ["PWD", "TARGET_PWD"], Hidden = true };

    internal static readonly Option[] All =
    [
        Bind, Mount, Data, Home, NoHome, Overlay, Scratch, Workdir, Writable, WritableTmpfs, NoMount, ContainLibs,
        FuseMount, Underlay, NoShareImage, NoShareRanks, Cwd, Pwd,
    ];
}

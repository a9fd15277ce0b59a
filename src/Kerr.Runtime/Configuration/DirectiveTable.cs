using System;
using System.Collections.Generic;
using static Kerr.Runtime.Configuration.Directives;

namespace Kerr.Runtime.Configuration;

/// <summary>All directives, in the order of the installed file.</summary>
public static class DirectiveTable
{
    private const string NotForUserNamespaces =
        "These bind users, not root, for each image of a launch, overlays too. Where users may make user namespaces, they bind only those who use "
        + "Kerr: an image can be started without it. What holds in which mode: docs/security.md.";

    private static Directive[]? s_all;

    /// <summary>All of them, those without effect too.</summary>
    public static ReadOnlySpan<Directive> All => s_all ??= Flatten();

    /// <summary>The groups of the file. Directives without effect are in none.</summary>
    public static DirectiveGroup[] Groups() =>
    [
        new("Privilege and namespaces", "", [AllowSetuid, AllowUserNs, AllowPidNs, AllowIpcNs, AllowUtsNs, RootDefaultCapabilities]),
        new("What is seen inside", "",
        [
            ConfigPasswd, ConfigGroup, ConfigResolvConf, MountProc, MountSys, MountDev, MountDevPts, MountHome, MountTmp,
            MountHostfs, BindPath, MountSlave, UserBindControl, EnableFusemount, ShareImages,
        ]),
        new("Layers and temporary space", "", [EnableOverlay, EnableUnderlay, SessiondirMaxSize, MemoryFsType]),
        new("Images", "", [MaxLoopDevices, ImageServerCache, SharedLoopDevices, SyncWritableExtfs, TmpSandbox, ImageDriver]),
        new("Which images may be run", NotForUserNamespaces,
        [
            LimitContainerOwners, LimitContainerGroups, LimitContainerPaths, AllowContainerSif, AllowContainerEncrypted,
            AllowContainerSquashfs, AllowContainerExtfs, AllowContainerDir, AllowSetuidMountEncrypted,
            AllowSetuidMountSquashfs, AllowSetuidMountExtfs, AllowKernelSquashfs, AllowKernelExtfs,
        ]),
        new("Records of launches", "docs/audit.md has what they hold and what they prove.", [AuditLaunches, AuditSink, AuditRequired]),
        new("Network", "The first four hold in the setuid mode only; root may do all of it.",
        [
            AllowNetUsers, AllowNetGroups, AllowNetNetworks, AllowNetnsPaths, CniConfigurationPath, CniPluginPath,
        ]),
        new("Devices and limits", "",
        [
            AlwaysUseNv, UseNvidiaContainerCli, AlwaysUseRocm, SystemdCgroups, AllowMonitoring, ApptheusSocketPath,
        ]),
        new("Programs and transfers", "",
        [
            BinaryPath, MksquashfsProcs, MksquashfsMem, DownloadConcurrency, DownloadPartSize, DownloadBufferSize,
        ]),
    ];

    /// <summary>The directive of that name, or null.</summary>
    public static Directive? Find(ReadOnlySpan<char> name)
    {
        foreach (Directive directive in All)
        {
            if (name.SequenceEqual(directive.Name) || (directive.OtherName is { } other && name.SequenceEqual(other)))
            {
                return directive;
            }
        }

        return null;
    }

    private static Directive[] Flatten()
    {
        List<Directive> all = new(96);

        foreach (DirectiveGroup group in Groups())
        {
            all.AddRange(group.Directives);
        }

        all.AddRange(Ignored());
        return [.. all];
    }

    // What SingularityCE and Singularity 2 have and Kerr has no use for.
    private static Directive[] Ignored()
    {
        const string Search = "programs are found by 'binary path'";

        return
        [
            Unused("cryptsetup path", Search),
            Unused("go path", "plugins are not built with Go"),
            Unused("ldconfig path", Search),
            Unused("mksquashfs path", Search),
            Unused("nvidia-container-cli path", Search),
            Unused("unsquashfs path", Search),
            Unused("root search path", Search),
            Unused("user search path", Search),
            Unused("sif fuse", "images are mounted by FUSE wherever the kernel may not do it"),
            Unused("oci mode", "containers are run natively"),
            Unused("container dir", "no directory is needed to mount images on"),
            Unused("autofs bug path", "the kernels that had the fault are gone"),
        ];
    }

    private static Directive Unused(string name, string why)
        => new(name, DirectiveKind.Text, "", "Accepted and not used.") { Ignored = why };
}

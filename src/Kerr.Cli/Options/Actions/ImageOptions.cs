namespace Kerr.Cli.Options.Actions;

/// <summary>Where an image comes from and how it is opened; some of these belong to <c>build</c> as well.</summary>
internal static class ImageOptions
{
    private const OptionScope ActionsAndBuild = OptionScope.Actions | OptionScope.Build;

    internal static readonly Option DisableCache = new("disable-cache", '\0', OptionKind.Flag, ActionsAndBuild,
        "neither read nor write the cache")
    { Keys = ["DISABLE_CACHE"] };

    internal static readonly Option Offline = new("offline", '\0', OptionKind.Flag, ActionsAndBuild,
        "ask no registry, library or web server: take images from the cache, as their URIs were last understood")
    { Keys = ["OFFLINE"] };

    internal static readonly Option DockerLogin = new("docker-login", '\0', OptionKind.Flag, ActionsAndBuild,
        "ask for the name and password for the registry")
    { Keys = ["DOCKER_LOGIN"] };

    internal static readonly Option DockerUsername = new("docker-username", '\0', OptionKind.Text, ActionsAndBuild,
        "the name for the registry")
    { ValueName = "NAME", Keys = ["DOCKER_USERNAME"], KeysWithoutPrefix = true, Hidden = true };

    internal static readonly Option DockerPassword = new("docker-password", '\0', OptionKind.Text, ActionsAndBuild,
        "the password for the registry")
    { ValueName = "PASSWORD", Keys = ["DOCKER_PASSWORD"], KeysWithoutPrefix = true, Hidden = true };

    internal static readonly Option DockerHost = new("docker-host", '\0', OptionKind.Text, ActionsAndBuild,
        "the Docker daemon to ask for docker-daemon: images")
    { ValueName = "URL", Keys = ["DOCKER_HOST"], KeysWithoutPrefix = true };

    internal static readonly Option AuthFile = new("authfile", '\0', OptionKind.Text, ActionsAndBuild,
        "take registry credentials from this file instead of the usual one")
    { ValueName = "FILE", Keys = ["AUTH_FILE", "AUTHFILE"] };

    internal static readonly Option NoHttps = new("no-https", '\0', OptionKind.Flag, ActionsAndBuild,
        "talk to registries without encryption")
    { Keys = ["NOHTTPS", "NO_HTTPS"] };

    internal static readonly Option OldNoHttps = new("nohttps", '\0', OptionKind.Flag, OptionScope.Actions,
        "the same as --no-https")
    { Deprecated = "use --no-https" };

    internal static readonly Option Passphrase = new("passphrase", '\0', OptionKind.Flag, ActionsAndBuild,
        "ask for the passphrase of an encrypted image")
    { Support = OptionSupport.Refused };

    internal static readonly Option PemPath = new("pem-path", '\0', OptionKind.Text, ActionsAndBuild,
        "RSA key (PEM) of an encrypted image")
    { ValueName = "FILE", Support = OptionSupport.Refused };

    internal static readonly Option TmpDir = new("tmpdir", '\0', OptionKind.Text, ActionsAndBuild,
        "directory for temporary files")
    { ValueName = "PATH", Keys = ["TMPDIR"], Hidden = true };

    internal static readonly Option Unsquash = new("unsquash", '\0', OptionKind.Flag, OptionScope.Actions,
        "unpack the image to a temporary directory first")
    { Keys = ["UNSQUASH"] };

    internal static readonly Option TmpSandbox = new("tmp-sandbox", '\0', OptionKind.Flag, OptionScope.Actions,
        "the same as --unsquash")
    { Keys = ["TMP_SANDBOX"] };

    internal static readonly Option NoTmpSandbox = new("no-tmp-sandbox", '\0', OptionKind.Flag, OptionScope.Actions,
        "fail where an image could only be run unpacked")
    { Keys = ["NO_TMP_SANDBOX"] };

    internal static readonly Option SifFuse = new("sif-fuse", '\0', OptionKind.Flag, OptionScope.Processes,
        "mount SIF images by FUSE")
    { Keys = ["SIF_FUSE"], Deprecated = "images are mounted by FUSE wherever the kernel may not do it" };

    internal static readonly Option KeepLayers = new("keep-layers", '\0', OptionKind.Flag, ActionsAndBuild,
        "keep the layers of an OCI image apart in an OCI-SIF")
    { Keys = ["KEEP_LAYERS"], Support = OptionSupport.Ignored };

    internal static readonly Option Oci = new("oci", '\0', OptionKind.Flag, ActionsAndBuild,
        "run as an OCI container")
    { Keys = ["OCI"], Support = OptionSupport.Refused };

    internal static readonly Option NoOci = new("no-oci", '\0', OptionKind.Flag, ActionsAndBuild,
        "run natively even where 'oci mode' is configured")
    { Keys = ["NO_OCI"], Support = OptionSupport.Ignored };

    internal static readonly Option NoCompat = new("no-compat", '\0', OptionKind.Flag, OptionScope.Actions,
        "with --oci, keep native habits (binds, working directory, umask)")
    { Keys = ["NO_COMPAT"], Support = OptionSupport.Ignored };

    internal static readonly Option Proot = new("proot", '\0', OptionKind.Text, OptionScope.Processes,
        "proot of the host to show inside")
    { ValueName = "PATH", Keys = ["PROOT"], Hidden = true, Support = OptionSupport.Ignored };

    internal static readonly Option[] All =
    [
        DisableCache, Offline, DockerLogin, DockerUsername, DockerPassword, DockerHost, AuthFile, NoHttps, OldNoHttps, Passphrase,
        PemPath, TmpDir, Unsquash, TmpSandbox, NoTmpSandbox, SifFuse, KeepLayers, Oci, NoOci, NoCompat, Proot,
    ];
}

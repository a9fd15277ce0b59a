using System;
using System.Globalization;
using Kerr.Build.Assembly;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Cli.Options.Actions;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Processes;
using Kerr.Registry.References;
using Kerr.Registry.Sources;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands.Transfers;

/// <summary><c>build TARGET URI</c>: an image from another place, without a definition file.</summary>
internal static class UriBuild
{
    internal static int Run(Invocation invocation, string target, ImageUri uri)
    {
        SiteConfiguration configuration = Site.Configuration(invocation, Site.Installation);
        OptionValues values = invocation.Values;
        Platform platform = Platform.Parse(values.IsSet(BuildOptions.Arch) ? values.Text(BuildOptions.Arch) : SifArchitecture.Host, values.Text(BuildOptions.ArchVariant));
        SifAssemblyOptions options = BuildCommand.AssemblyOptions(invocation, configuration);
        if (values.Flag(BuildOptions.Sandbox))
        {
            return Sandbox(invocation, target, uri, platform);
        }

        SifAssembly.RefuseTarget(target, options.Overwrite);
        if (uri.Transport is Transport.Oras or Transport.Library or Transport.Http or Transport.Https)
        {
            // These are SIF files already.
            string library = values.Text(BuildOptions.Library);
            using ImageFetch fetch = ImageFetch.Find(invocation, configuration, uri, platform, library.Length > 0 ? library : null);
            fetch.To(target, options.Overwrite);
            Log.Info($"Build complete: {target}");
            return 0;
        }

        Log.Info("Starting build...");
        using OciImage image = Layers(invocation, configuration, uri, platform);
        Guid id = OciAssembly.Build(image, target, Origin(uri), options);
        Log.Info(string.Create(CultureInfo.InvariantCulture, $"Build complete: {target} (id {id})"));
        return 0;
    }

    /// <summary>A directory of an image of layers.</summary>
    internal static int Sandbox(Invocation invocation, string target, ImageUri uri, Platform platform)
    {
        SiteConfiguration configuration = Site.Configuration(invocation, Site.Installation);
        using OciImage layers = Layers(invocation, configuration, uri, platform);
        OciSandbox.Build(layers, target, Origin(uri), BuildCommand.AssemblyOptions(invocation, configuration));
        Log.Info($"Build complete: {target}");
        return 0;
    }

    private static OciImage Layers(Invocation invocation, SiteConfiguration configuration, ImageUri uri, Platform platform)
    {
        string temporary = TemporaryDirectory(invocation);
        switch (uri.Transport)
        {
            case Transport.Docker:
                return FromRegistry(invocation, configuration, uri, platform);
            case Transport.Dockerfile:
                return Dockerfile(invocation, uri, platform, static _ => "");
            case Transport.DockerDaemon:
                using (DockerDaemon daemon = DockerDaemon.Find(uri.Rest, invocation.Values.Text(ImageOptions.DockerHost), TransferSetup.Options(invocation, configuration)))
                using (var display = new TransferDisplay())
                {
                    return daemon.Open(platform, temporary, display.Add);
                }

            default:
                return Open(uri, platform, temporary);
        }
    }

    /// <summary>Has BuildKit make an image of a directory with a Dockerfile.</summary>
    /// <param name="header">A definition's further lines.</param>
    internal static OciImage Dockerfile(Invocation invocation, ImageUri uri, Platform platform, Func<string, string> header)
    {
        var job = new DockerfileBuild(uri.Rest, platform)
        {
            Target = header("target"),
            Frontend = header("frontend"),
            FileName = header("filename"),
            Arguments = header("buildargs").Split((char[])[' ', ','], StringSplitOptions.RemoveEmptyEntries),
        };
        return job.Run(invocation.Environment, invocation.Values.Text(BuildOptions.BuildkitHost), TemporaryDirectory(invocation));
    }

    private static OciImage FromRegistry(Invocation invocation, SiteConfiguration configuration, ImageUri uri, Platform platform)
    {
        using RegistryImage image = RegistryImage.Find(RegistryReference.Parse(uri.Rest), platform, TransferSetup.Options(invocation, configuration));
        using var display = new TransferDisplay();
        return image.Fetch(ImageFetch.Store(TransferSetup.Cache(invocation, configuration), TemporaryDirectory(invocation)), display.Start, display.Add);
    }

    internal static OciImage Open(ImageUri uri, Platform platform, string temporary) => uri.Transport switch
    {
        Transport.OciLayout => OciLayout.OpenDirectory(uri.Rest, platform),
        Transport.OciArchive => OciArchive.Open(uri.Rest, platform, temporary),
        Transport.DockerArchive => DockerArchive.Open(uri.Rest, platform, temporary),
        _ => throw new UserException($"cannot build from {uri}", "build from docker://, oci:, oci-archive:, docker-archive:, docker-daemon:, or a directory"),
    };

    /// <summary>How the image names its source: of a file or directory its last part, so that the same image gives the same bytes anywhere.</summary>
    internal static ImageOrigin Origin(ImageUri uri)
        => new(uri.Scheme, uri.Transport == Transport.Docker ? uri.Rest : uri.Rest.TrimEnd('/').Split('/')[^1]);

    internal static string TemporaryDirectory(Invocation invocation)
    {
        foreach (string name in (ReadOnlySpan<string>)["KERR_TMPDIR", "APPTAINER_TMPDIR", "SINGULARITY_TMPDIR", "TMPDIR"])
        {
            if (EnvironmentBlock.Get(invocation.Environment, name) is { Length: > 0 } directory)
            {
                return directory;
            }
        }

        return "/tmp";
    }
}

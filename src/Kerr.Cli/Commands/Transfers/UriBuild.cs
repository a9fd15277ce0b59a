using System;
using System.Globalization;
using Kerr.Build.Assembly;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
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
        Platform platform = Platform(invocation.Values, BuildOptions.Arch, BuildOptions.ArchVariant);
        using OciImage image = Open(uri, platform, TemporaryDirectory(invocation));
        Log.Info("Starting build...");
        Guid id = OciAssembly.Build(image, target, Origin(uri), BuildCommand.AssemblyOptions(invocation, configuration));
        Log.Info(string.Create(CultureInfo.InvariantCulture, $"Build complete: {target} (id {id})"));
        return 0;
    }

    internal static OciImage Open(ImageUri uri, Platform platform, string temporary) => uri.Transport switch
    {
        Transport.OciLayout => OciLayout.OpenDirectory(uri.Rest, platform),
        Transport.OciArchive => OciArchive.Open(uri.Rest, platform, temporary),
        Transport.DockerArchive => DockerArchive.Open(uri.Rest, platform, temporary),
        _ => throw new UserException($"cannot build from {uri}", "build from docker://, oci:, oci-archive:, docker-archive:, or a directory"),
    };

    /// <summary>How the image names its source: of a file or directory its last part, so that the same image gives the same bytes anywhere.</summary>
    internal static ImageOrigin Origin(ImageUri uri)
        => new(uri.Scheme, uri.Transport == Transport.Docker ? uri.Rest : uri.Rest.TrimEnd('/').Split('/')[^1]);

    internal static Platform Platform(OptionValues values, Option architecture, Option variant)
        => Registry.References.Platform.Parse(values.IsSet(architecture) ? values.Text(architecture) : SifArchitecture.Host, values.Text(variant));

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

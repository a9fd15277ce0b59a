using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Registry.References;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands.Transfers;

/// <summary><c>pull</c>: an image from a registry, a library or a web server as a file.</summary>
internal static class PullCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Fetch an image from a URI",
        Synopsis = "[options] [file] <uri>",
        Description =
            "Images of layers (docker://, oci:, oci-archive:, docker-archive:) become a SIF file; SIF files (oras://, library://, http://, https://) "
            + "stay as they are. Without a name the file is called NAME_TAG.sif. What was fetched is kept in the cache.",
        Examples = "kerr pull docker://alpine:3.20\nkerr pull tools.sif oras://registry.example.org/group/tools:1.2\nkerr pull --arch arm64 docker://debian",
        Arity = Arity.Between(1, 2),
        Options = static () => TransferOptions.Pull,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        OptionValues values = invocation.Values;
        string source = invocation.Arguments[^1];
        if (values.Flag(TransferOptions.Sandbox))
        {
            return PullSandbox(invocation, source);
        }

        ImageUri uri = ImageUri.TryParse(source) ?? throw new UserException($"{source} is no URI", "write it like this: docker://alpine:3.20");
        Platform platform = Wanted(values);
        string target = Target(invocation, uri);
        bool force = values.Flag(TransferOptions.Force);
        ImageFetch.RefuseTarget(target, force);
        SiteConfiguration configuration = Site.Configuration(invocation, Site.Installation);
        string library = values.Text(TransferOptions.Library);
        using ImageFetch fetch = ImageFetch.Find(invocation, configuration, uri, platform, library.Length > 0 ? library : null);
        fetch.To(target, force);
        Log.Verbose($"{uri} is in {target}");
        return 0;
    }

    // Layers become a directory at once; a file that was fetched is unpacked.
    private static int PullSandbox(Invocation invocation, string source)
    {
        ImageUri uri = ImageUri.TryParse(source) ?? throw new UserException($"{source} is no URI", "write it like this: docker://alpine:3.20");
        string target = Target(invocation, uri);
        target = invocation.Arguments.Length == 1 && target.EndsWith(".sif", System.StringComparison.Ordinal) ? target[..^".sif".Length] : target;
        if (uri.Transport is Transport.Oras or Transport.Library or Transport.Http or Transport.Https)
        {
            throw new UserException($"{uri} is a file already", $"pull it, then: kerr build --sandbox {target} FILE");
        }

        return UriBuild.Sandbox(invocation, target, uri, Wanted(invocation.Values));
    }

    private static Platform Wanted(OptionValues values) => values.IsSet(TransferOptions.Platform)
        ? Platform.Parse(values.Text(TransferOptions.Platform))
        : Platform.Parse(values.IsSet(TransferOptions.Arch) ? values.Text(TransferOptions.Arch) : SifArchitecture.Host, values.Text(TransferOptions.ArchVariant));

    private static string Target(Invocation invocation, ImageUri uri)
    {
        OptionValues values = invocation.Values;
        string directory = values.Text(TransferOptions.Directory);
        string name = invocation.Arguments.Length == 2 ? invocation.Arguments[0]
            : values.Text(TransferOptions.Name) is { Length: > 0 } named ? named : uri.DefaultFileName();
        return directory.Length == 0 || name.StartsWith('/') ? name : $"{directory.TrimEnd('/')}/{name}";
    }
}

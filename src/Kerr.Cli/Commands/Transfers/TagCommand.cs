using System.IO;
using Kerr.Cli.Console;
using Kerr.Linux;
using Kerr.Registry.Distribution;
using Kerr.Registry.References;

namespace Kerr.Cli.Commands.Transfers;

/// <summary><c>tag</c>: another tag for an image in a registry.</summary>
internal static class TagCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Give an image in a registry another tag",
        Synopsis = "[options] <uri> <tag>",
        Description = "The image itself is not moved: the registry gets its manifest under the other tag, too.",
        Examples = "kerr tag oras://registry.example.org/group/tools:1.2 stable",
        Arity = Arity.Exactly(2),
        Options = static () => Options.TransferOptions.Tag,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        RegistryReference reference = Reference(invocation.Arguments[0], "tag");
        RegistryReference target = RegistryReference.Parse($"{reference.Host}/{reference.Repository}:{invocation.Arguments[1]}");
        RegistryOptions options = TransferSetup.Options(invocation, Site.Configuration(invocation, Site.Installation));
        RegistryEndpoint endpoint = options.Registries.EndpointsOf(reference)[^1];
        using var client = new RegistryClient(endpoint.Reference, endpoint.Insecure, options);
        try
        {
            FetchedManifest manifest = client.GetManifest(endpoint.Reference.ManifestName);
            string kind = manifest.MediaType ?? throw new UserException($"{reference.Host} does not say what {reference} is", "push it again under the other tag");
            client.PutManifest(manifest.Bytes, kind, target.ManifestName);
            Log.Info($"{target} is {manifest.Digest}");
            return 0;
        }
        catch (System.Exception failure) when (failure is TransferException or InvalidDataException)
        {
            throw new UserException($"unable to tag {reference}: {failure.Message}", "try again later; --verbose tells more", failure);
        }
    }

    /// <summary>The image that a URI of a registry names.</summary>
    internal static RegistryReference Reference(string text, string verb)
        => ImageUri.TryParse(text) is { Transport: Transport.Oras or Transport.Docker } uri
            ? RegistryReference.Parse(uri.Rest) : throw new UserException($"cannot {verb} {text}", "name an image in a registry: oras://HOST/REPOSITORY:TAG");
}

using System;
using System.IO;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Processes;
using Kerr.Registry.Distribution;
using Kerr.Registry.Library;
using Kerr.Registry.References;

namespace Kerr.Cli.Commands.Transfers;

/// <summary><c>delete</c>: removes an image from a library or a registry.</summary>
internal static class DeleteCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Delete an image from a library or a registry",
        Synopsis = "[options] <uri>",
        Description = "In a registry all tags of the same image go with it; many registries do not allow it.",
        Examples = "kerr delete oras://registry.example.org/group/tools:1.2\nkerr delete --arch arm64 library://me/default/tools:1.2",
        Arity = Arity.Exactly(1),
        Options = static () => TransferOptions.Delete,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string text = invocation.Arguments[0];
        OptionValues values = invocation.Values;
        string architecture = values.IsSet(TransferOptions.DeleteArch) ? values.Text(TransferOptions.DeleteArch) : SifArchitecture.Host;
        ImageUri uri = ImageUri.TryParse(text) ?? new ImageUri("library", text);
        if (uri.Transport != Transport.Library)
        {
            RegistryReference image = TagCommand.Reference(text, "delete");
            return Confirmed(values, text, architecture) ? InRegistry(invocation, image) : 0;
        }

        LibraryReference reference = LibraryReference.Parse(uri.Rest);
        if (!Confirmed(values, reference.ToString(), architecture))
        {
            return 0;
        }

        RegistryOptions options = TransferSetup.Options(invocation, Site.Configuration(invocation, Site.Installation));
        LibraryAddress library = LibraryChoice.For(invocation, reference, values.Text(TransferOptions.Library));
        int seconds = Math.Max(1, values.Number(TransferOptions.DeleteTimeout));
        new LibraryService(library, options with { Retry = options.Retry with { Stall = TimeSpan.FromSeconds(seconds) } }).Delete(reference, architecture);
        Log.Info($"{reference} for {architecture} is deleted");
        return 0;
    }

    private static int InRegistry(Invocation invocation, RegistryReference reference)
    {
        RegistryOptions options = TransferSetup.Options(invocation, Site.Configuration(invocation, Site.Installation));
        RegistryEndpoint endpoint = options.Registries.EndpointsOf(reference)[^1];
        using var client = new RegistryClient(endpoint.Reference, endpoint.Insecure, options);
        try
        {
            FetchedManifest manifest = client.GetManifest(endpoint.Reference.ManifestName);
            client.DeleteManifest(manifest.Digest);
            Log.Info($"{reference}, which is {manifest.Digest}, is deleted");
            return 0;
        }
        catch (Exception failure) when (failure is TransferException or InvalidDataException)
        {
            throw new UserException($"unable to delete {reference}: {failure.Message}", "try again later; --verbose tells more", failure);
        }
    }

    private static bool Confirmed(OptionValues values, string name, string architecture)
    {
        if (values.Flag(TransferOptions.DeleteForce) || Terminal.Answer($"Are you sure you want to delete {name} ({architecture}) [y/N] ") is "y" or "Y")
        {
            return true;
        }

        Log.Info("nothing is deleted");
        return false;
    }
}

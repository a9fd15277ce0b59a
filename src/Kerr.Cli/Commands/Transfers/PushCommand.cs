using System;
using System.Collections.Generic;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.Library;
using Kerr.Registry.Oras;
using Kerr.Registry.References;

namespace Kerr.Cli.Commands.Transfers;

/// <summary><c>push</c>: a SIF file into a registry or a library.</summary>
internal static class PushCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Put an image into a registry or a library",
        Synopsis = "[options] <image> <uri>",
        Description = "The SIF file becomes an artifact of an OCI registry, from where pull oras:// gets it back byte for byte; or an image "
            + "of a library, under one or several tags. A library wants a login (kerr remote login), and signatures are not looked "
            + "at in this version: say --allow-unsigned.",
        Examples = "kerr push tools.sif oras://registry.example.org/group/tools:1.2\nkerr push -U tools.sif library://me/default/tools:1.2,latest",
        Arity = Arity.Exactly(2),
        Options = static () => TransferOptions.Push,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string path = invocation.Arguments[0];
        ImageUri? uri = ImageUri.TryParse(invocation.Arguments[1]);
        if (uri?.Transport == Transport.Library)
        {
            return ToLibrary(invocation, path, uri.Rest);
        }

        if (uri?.Transport != Transport.Oras)
        {
            throw new UserException($"cannot push to {invocation.Arguments[1]}", "push to oras://HOST/REPOSITORY:TAG or library://ENTITY/COLLECTION/NAME:TAG");
        }

        if (FileSystem.TryStat(path) is not { } status)
        {
            throw new UserException($"unable to open {path}: no such file or directory", $"check its name: ls -l {path}");
        }

        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string given in invocation.Values.Items(TransferOptions.Annotation))
        {
            int equals = given.IndexOf('=', StringComparison.Ordinal);
            annotations[equals > 0 ? ByteText.ToUnicode(given[..equals]) : throw new UserException($"the annotation {given} is no NAME=VALUE", "write it like this: --annotation key=value")]
                = ByteText.ToUnicode(given[(equals + 1)..]);
        }

        if (invocation.Values.Text(TransferOptions.Description) is { Length: > 0 } description)
        {
            annotations["org.opencontainers.image.description"] = ByteText.ToUnicode(description);
        }

        RegistryReference reference = RegistryReference.Parse(uri.Rest);
        RegistryOptions options = TransferSetup.Options(invocation, Site.Configuration(invocation, Site.Installation));
        Digest digest = OrasImage.Push(path, reference, annotations, DateTimeOffset.FromUnixTimeSeconds(status.ModifiedAt), options);
        Log.Info($"Upload complete: {reference} is {digest}");
        return 0;
    }

    private static int ToLibrary(Invocation invocation, string path, string rest)
    {
        (LibraryReference reference, IReadOnlyList<string> tags) = LibraryReference.ParseForPush(rest);
        string given = invocation.Values.Text(TransferOptions.Library);
        if (reference.Host is not null && given.Length > 0)
        {
            throw new UserException("--library does not go with a host in the URI", $"leave out one of them: {reference.Host} or {given}");
        }

        string architecture;
        using (SifFile image = SifFile.Open(path))
        {
            architecture = image.Image.Header.Architecture
                ?? throw new UserException($"{path} does not say for which processor it is", "a library wants to know: build it anew");
        }

        LibraryAddress library = LibraryChoice.ForPush(invocation, reference, given);
        if (!invocation.Values.Flag(TransferOptions.PushUnsigned))
        {
            throw new UserException("Unable to upload container: unable to verify signature", "this version verifies none; to push all the same: --allow-unsigned");
        }

        Log.Warning("Skipping container verification");
        RegistryOptions options = TransferSetup.Options(invocation, Site.Configuration(invocation, Site.Installation));
        string description = ByteText.ToUnicode(invocation.Values.Text(TransferOptions.Description));
        Digest digest = LibraryUpload.Push(path, reference, tags, architecture, description, library, options);
        Log.Info($"Upload complete: {reference} is {digest}");
        return 0;
    }
}

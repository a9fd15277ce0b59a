using System;
using System.Collections.Generic;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.Oras;
using Kerr.Registry.References;

namespace Kerr.Cli.Commands.Transfers;

/// <summary><c>push</c>: a SIF file into a registry.</summary>
internal static class PushCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Put an image into a registry",
        Synopsis = "[options] <image> <uri>",
        Description = "The SIF file becomes an artifact of an OCI registry, from where pull oras:// gets it back byte for byte.",
        Examples = "kerr push tools.sif oras://registry.example.org/group/tools:1.2",
        Arity = Arity.Exactly(2),
        Options = static () => TransferOptions.Push,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string path = invocation.Arguments[0];
        ImageUri? uri = ImageUri.TryParse(invocation.Arguments[1]);
        if (uri?.Transport != Transport.Oras)
        {
            throw new UserException($"cannot push to {invocation.Arguments[1]}", "push to oras://HOST/REPOSITORY:TAG");
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
}

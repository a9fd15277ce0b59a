using System.Collections.Generic;
using Kerr.Image.Sif;
using Kerr.Linux.Files;

namespace Kerr.Cli.Commands.Sif;

/// <summary><c>sif info</c>: all that a descriptor says about its object.</summary>
internal static class InfoCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Show what is known about an object",
        Synopsis = "<id> <image>",
        Examples = "kerr sif info 1 image.sif",
        Arity = Arity.Exactly(2),
        FailureCode = SifGroup.FailureCode,
        Run = Run,
    };

    /// <exception cref="System.IO.InvalidDataException">It is an OCI object without digest.</exception>
    internal static string Text(SifDescriptor descriptor)
    {
        List<(string, string)> rows =
        [
            ("Data Type", SifText.Of(descriptor.DataType)),
            ("ID", SifText.Number(descriptor.Id)),
            ("Group ID", SifText.Group(descriptor)),
            ("Linked ID", SifText.Link(descriptor, SifText.Number(descriptor.LinkedId))),
            ("Offset", SifText.Number(descriptor.Offset)),
            ("Size", SifText.Number(descriptor.Length)),
        ];
        if (descriptor.CreatedAt != SifHeader.NoTime)
        {
            rows.Add(("Created At", SifText.Time(descriptor.CreatedAt)));
        }

        if (descriptor.ModifiedAt != SifHeader.NoTime)
        {
            rows.Add(("Modified At", SifText.Time(descriptor.ModifiedAt)));
        }

        if (descriptor.Name.Length > 0)
        {
            rows.Add(("Name", SifText.Printable(descriptor.Name)));
        }

        AddExtra(rows, descriptor);
        return SifText.Table(rows, gap: 2, indent: "  ");
    }

    private static int Run(Invocation invocation)
    {
        uint id = SifObjectId.Of(invocation);
        using SifFile file = SifFile.Open(invocation.Arguments[1]);
        StandardStream.Write(StandardStream.Output, Text(SifObjectId.Find(invocation, file, id)));
        return 0;
    }

    private static void AddExtra(List<(string, string)> rows, SifDescriptor descriptor)
    {
        switch (descriptor.DataType)
        {
            case SifDataType.Partition:
                SifPartition partition = SifExtra.Partition(descriptor);
                rows.Add(("Filesystem Type", SifText.Of(partition.FileSystem)));
                rows.Add(("Partition Type", SifText.Of(partition.Type)));
                rows.Add(("Architecture", SifText.Architecture(partition.Architecture)));
                break;
            case SifDataType.Signature:
                SifSignature signature = SifExtra.Signature(descriptor);
                rows.Add(("Hash Type", SifText.Of(signature.Hash)));
                if (signature.Fingerprint is { } fingerprint)
                {
                    rows.Add(("Entity", fingerprint));
                }

                break;
            case SifDataType.CryptoMessage:
                SifCryptoMessage message = SifExtra.CryptoMessage(descriptor);
                rows.Add(("Format Type", SifText.Of(message.Format)));
                rows.Add(("Message Type", SifText.Of(message.Type)));
                break;
            case SifDataType.Sbom:
                rows.Add(("Format", SifText.Of(SifExtra.Sbom(descriptor))));
                break;
            case SifDataType.OciRootIndex or SifDataType.OciBlob:
                rows.Add(("Digest", SifExtra.OciDigest(descriptor)));
                break;
        }
    }
}

using System.Collections.Generic;
using System.Text;
using Kerr.Image.Sif;
using Kerr.Linux.Files;

namespace Kerr.Cli.Commands.Sif;

/// <summary><c>sif list</c>: the objects of a SIF file, a line each.</summary>
internal static class ListCommand
{
    internal static Command Declare() => new()
    {
        Summary = "List the objects of a SIF file",
        Synopsis = "<image>",
        Description = "A star marks the partition that a launch uses. A link with (G) is to a group.",
        Examples = "kerr sif list image.sif",
        Arity = Arity.Exactly(1),
        FailureCode = SifGroup.FailureCode,
        Run = Run,
    };

    internal static string Text(IReadOnlyList<SifDescriptor> descriptors)
    {
        string rule = new('-', 78);
        StringBuilder text = new();
        text.Append(rule).Append('\n');
        Row(text, "ID", "GROUP", "LINK", "SIF POSITION (start-end)", "TYPE");
        text.Append(rule).Append('\n');
        foreach (SifDescriptor descriptor in descriptors)
        {
            string position = $"{SifText.Number(descriptor.Offset)}-{SifText.Number(descriptor.Offset + descriptor.Length)}";
            string link = SifText.Link(descriptor, SifText.Number(descriptor.LinkedId).PadRight(3));
            Row(text, SifText.Number(descriptor.Id), SifText.Group(descriptor), link, position, Type(descriptor));
        }

        return text.ToString();
    }

    private static int Run(Invocation invocation)
    {
        using SifFile file = SifFile.Open(invocation.Arguments[0]);
        StandardStream.Write(StandardStream.Output, Text(file.Image.Descriptors));
        return 0;
    }

    // A long position moves what follows, but never touches it.
    private static void Row(StringBuilder text, string id, string group, string link, string position, string type)
        => text.Append(id.PadRight(4)).Append(" |").Append(group.PadRight(7)).Append(" |").Append(link.PadRight(7))
            .Append(" |").Append((position + " ").PadRight(25)).Append(" |").Append(type).Append('\n');

    private static string Type(SifDescriptor descriptor)
    {
        string type = SifText.Of(descriptor.DataType);
        switch (descriptor.DataType)
        {
            case SifDataType.Partition:
                SifPartition partition = SifExtra.Partition(descriptor);
                return $"{type} ({SifText.Of(partition.FileSystem)}/{SifText.Of(partition.Type)}/{SifText.Architecture(partition.Architecture)})";
            case SifDataType.Signature:
                return $"{type} ({SifText.Of(SifExtra.Signature(descriptor).Hash)})";
            case SifDataType.CryptoMessage:
                SifCryptoMessage message = SifExtra.CryptoMessage(descriptor);
                return $"{type} ({SifText.Of(message.Format)}/{SifText.Of(message.Type)})";
            case SifDataType.Sbom:
                return $"{type} ({SifText.Of(SifExtra.Sbom(descriptor))})";
            default:
                return type;
        }
    }
}

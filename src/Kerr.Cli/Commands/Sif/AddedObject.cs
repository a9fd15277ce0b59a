using System;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using Kerr.Cli.Options;
using Kerr.Image;
using Kerr.Image.Sif;

namespace Kerr.Cli.Commands.Sif;

/// <summary>The descriptor that the options of <c>sif add</c> ask for.</summary>
internal static class AddedObject
{
    // Above are the bits that tell groups from objects.
    private const int LargestId = 0x0FFF_FFFF;

    /// <summary>The object, still without content.</summary>
    /// <exception cref="UsageException">An option is missing, or has no such value.</exception>
    internal static SifObject Of(Invocation invocation)
    {
        OptionValues values = invocation.Values;
        int code = Code(invocation, SifAddOptions.DataType, 11);
        var type = (SifDataType)((int)SifDataType.DefinitionFile - 1 + code);
        var added = new SifObject(type, Stream.Null)
        {
            GroupId = (uint)Id(invocation, SifAddOptions.GroupId, 0),
            LinkedId = values.IsSet(SifAddOptions.Link) ? (uint)Id(invocation, SifAddOptions.Link, 1) : 0,
            Name = values.Text(SifAddOptions.FileName),
            Extra = Extra(invocation, type),
        };
        if (added.Name.Length > SifDescriptor.NameSize)
        {
            Refuse(invocation, $"--{SifAddOptions.FileName.Name} has {added.Name.Length} bytes, more than {SifDescriptor.NameSize}");
        }

        return values.IsSet(SifAddOptions.Alignment)
            ? added with { Alignment = Math.Max(1, values.Number(SifAddOptions.Alignment)) }
            : added;
    }

    private static byte[] Extra(Invocation invocation, SifDataType type)
    {
        switch (type)
        {
            case SifDataType.Partition:
                var fileSystem = (PartitionFileSystem)Code(invocation, SifAddOptions.PartitionFileSystem, 6);
                var partitionType = (SifPartitionType)Code(invocation, SifAddOptions.PartitionType, 4);
                int code = Code(invocation, SifAddOptions.PartitionArchitecture, 13);
                string? architecture = SifArchitecture.Name([(byte)('0' + (code / 10)), (byte)('0' + (code % 10)), 0]);
                return SifExtra.Of(new SifPartition(fileSystem, partitionType, architecture));
            case SifDataType.Signature:
                var hash = (SifHashType)Code(invocation, SifAddOptions.SignatureHash, 5);
                return SifExtra.Of(new SifSignature(hash, Fingerprint(invocation)));
            case SifDataType.Sbom:
                return SifExtra.Of(SbomFormat(invocation));
            default:
                return [];
        }
    }

    private static string Fingerprint(Invocation invocation)
    {
        const int Digits = 40;
        string text = invocation.Values.Text(SifAddOptions.SignatureEntity);
        foreach (char digit in text)
        {
            if (!char.IsAsciiHexDigit(digit))
            {
                Refuse(invocation, $"--{SifAddOptions.SignatureEntity.Name} \"{text}\" is not a fingerprint of hexadecimal digits");
            }
        }

        if (text.Length != Digits)
        {
            Refuse(invocation, $"--{SifAddOptions.SignatureEntity.Name} needs a fingerprint of {Digits} digits, not {text.Length}");
        }

        return text;
    }

    private static SifSbomFormat SbomFormat(Invocation invocation)
    {
        string text = invocation.Values.Text(SifAddOptions.SbomFormat);
        if (text == "github")
        {
            return SifSbomFormat.GitHubJson;
        }

        for (SifSbomFormat format = SifSbomFormat.CycloneDxJson; format <= SifSbomFormat.SyftJson; format++)
        {
            if (SifText.Of(format) == text)
            {
                return format;
            }
        }

        Refuse(invocation, text.Length == 0
            ? $"a bill of materials needs --{SifAddOptions.SbomFormat.Name}"
            : $"--{SifAddOptions.SbomFormat.Name} knows no format \"{text}\"");
        return default;
    }

    private static int Code(Invocation invocation, Option option, int most)
    {
        int code = invocation.Values.Number(option);
        if (code < 1 || code > most)
        {
            Refuse(invocation, invocation.Values.IsSet(option)
                ? $"--{option.Name} is {code}, not a number from 1 to {most}"
                : $"--{option.Name} is needed, a number from 1 to {most}");
        }

        return code;
    }

    private static int Id(Invocation invocation, Option option, int least)
    {
        int id = invocation.Values.Number(option);
        if (id < least || id > LargestId)
        {
            Refuse(invocation, $"--{option.Name} is {id}, not a number from {least} to {LargestId}");
        }

        return id;
    }

    [DoesNotReturn]
    private static void Refuse(Invocation invocation, string problem)
        => throw new UsageException(problem, invocation.Path, invocation.Command, aboutOptions: true);
}

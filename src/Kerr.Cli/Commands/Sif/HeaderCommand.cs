using System;
using System.Collections.Generic;
using Kerr.Image.Sif;
using Kerr.Linux.Files;

namespace Kerr.Cli.Commands.Sif;

/// <summary><c>sif header</c>: what a SIF file says about itself as a whole.</summary>
internal static class HeaderCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Show the header of a SIF file",
        Synopsis = "<image>",
        Examples = "kerr sif header image.sif",
        Arity = Arity.Exactly(1),
        FailureCode = SifGroup.FailureCode,
        Run = Run,
    };

    internal static string Text(SifHeader header)
    {
        List<(string, string)> rows = [];
        if (header.LaunchScript.Length > 0)
        {
            string script = header.LaunchScript;
            rows.Add(("Launch Script", SifText.Printable(script.EndsWith('\n') ? script[..^1] : script)));
        }

        rows.Add(("Version", "01"));
        if (header.Architecture is { } architecture)
        {
            rows.Add(("Primary Architecture", architecture));
        }

        if (header.Id != Guid.Empty)
        {
            rows.Add(("ID", header.Id.ToString()));
        }

        if (header.CreatedAt != SifHeader.NoTime)
        {
            rows.Add(("Created At", SifText.Time(header.CreatedAt)));
        }

        if (header.ModifiedAt != SifHeader.NoTime)
        {
            rows.Add(("Modified At", SifText.Time(header.ModifiedAt)));
        }

        rows.Add(("Descriptors Free", SifText.Number(header.DescriptorsFree)));
        rows.Add(("Descriptors Total", SifText.Number(header.DescriptorsTotal)));
        rows.Add(("Descriptors Offset", SifText.Number(header.DescriptorsOffset)));
        rows.Add(("Descriptors Size", SifText.Size(header.DescriptorsSize)));
        rows.Add(("Data Offset", SifText.Number(header.DataOffset)));
        rows.Add(("Data Size", SifText.Size(header.DataSize)));
        return SifText.Table(rows, gap: 1, indent: "");
    }

    private static int Run(Invocation invocation)
    {
        using SifFile file = SifFile.Open(invocation.Arguments[0]);
        StandardStream.Write(StandardStream.Output, Text(file.Image.Header));
        return 0;
    }
}

using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kerr.Linux;
using Kerr.Runtime.Mpi;

namespace Kerr.Cli.Commands.Mpi;

/// <summary>The findings of <c>mpi check</c> for people and for programs.</summary>
internal static class MpiReportText
{
    internal static string Plain(MpiReport report)
    {
        StringBuilder text = new();
        Side(text, "image", report.Image);
        Side(text, "host", report.Host);
        Line(text, "  launcher", report.Launcher ?? "none on PATH");
        if (report.SlurmTypes.Count > 0)
        {
            Line(text, "  Slurm", "srun --mpi=" + string.Join('|', report.SlurmTypes));
        }

        text.Append('\n').Append(report.IsUsable ? "It works: " : "It does not work: ").Append(report.Summary).Append(".\n");
        foreach (string advice in report.Advice)
        {
            text.Append("- ").Append(advice).Append('\n');
        }

        return text.ToString();
    }

    internal static byte[] Json(MpiReport report)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            Side(json, "image", report.Image);
            Side(json, "host", report.Host);
            json.WriteString("launcher", report.Launcher is { } launcher ? ByteText.ToUnicode(launcher) : null);
            List(json, "slurm", report.SlurmTypes);
            json.WriteString("verdict", Name(report.Verdict));
            json.WriteBoolean("usable", report.IsUsable);
            json.WriteBoolean("canBind", report.CanBind);
            json.WriteString("bindObstacle", report.BindObstacle);
            json.WriteString("summary", report.Summary);
            List(json, "advice", report.Advice);
            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static string Name(MpiVerdict verdict) => verdict switch
    {
        MpiVerdict.Works => "works",
        MpiVerdict.WorksWith => "works-with-slurm",
        MpiVerdict.OtherFamily => "other-family",
        MpiVerdict.NoneInImage => "none-in-image",
        MpiVerdict.NoneOnHost => "none-on-host",
        _ => "other-architecture",
    };

    private static void Side(StringBuilder text, string name, MpiSide side)
    {
        text.Append(name).Append(":\n");
        foreach (MpiLibrary library in side.Libraries)
        {
            Line(text, "  MPI", $"{library.Title}, interface {library.Abi} ({library.Path})");
        }

        if (side.Libraries.Count == 0)
        {
            Line(text, "  MPI", "none");
        }

        Line(text, "  ranks meet by", side.Abilities.Managers.Count > 0 ? string.Join(", ", side.Abilities.Managers) : "nothing");
        Line(text, "  networks", side.Abilities.Fabrics.Count > 0 ? string.Join(", ", side.Abilities.Fabrics) : "TCP and shared memory only");
        Line(text, "  C library", $"{side.Libc}, {side.Architecture}");
    }

    private static void Line(StringBuilder text, string name, string value) => text.Append((name + ":").PadRight(18)).Append(value).Append('\n');

    private static void Side(Utf8JsonWriter json, string name, MpiSide side)
    {
        json.WriteStartObject(name);
        json.WriteString("architecture", side.Architecture);
        json.WriteString("libc", side.Libc.Kind switch
        {
            Image.Elf.CLibraryKind.Glibc => "glibc",
            Image.Elf.CLibraryKind.Musl => "musl",
            _ => null,
        });
        json.WriteString("libcVersion", side.Libc.Version);
        json.WriteStartArray("mpi");
        foreach (MpiLibrary library in side.Libraries)
        {
            json.WriteStartObject();
            json.WriteString("family", library.Family.Name());
            json.WriteString("version", library.Version);
            json.WriteString("soname", ByteText.ToUnicode(library.SoName));
            json.WriteString("abi", ByteText.ToUnicode(library.Abi));
            json.WriteString("path", ByteText.ToUnicode(library.Path));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        List(json, "processManagers", side.Abilities.Managers);
        List(json, "fabrics", side.Abilities.Fabrics);
        json.WriteEndObject();
    }

    private static void List(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(ByteText.ToUnicode(value));
        }

        json.WriteEndArray();
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kerr.Registry.Sources;

namespace Kerr.Build.Metadata;

/// <summary>The files by which an image that was an OCI image still runs as its configuration says.</summary>
/// <remarks><c>Kerr.Runtime.Environment.OciScripts</c> reads the runscript without a shell, by the line with <c>eval</c> in it.</remarks>
public static class OciFiles
{
    public const string EnvironmentScript = BaseFiles.Root + "/env/10-docker2singularity.sh";

    /// <summary>PATH is the image's own; every other variable is a default that the user's takes precedence of.</summary>
    public static byte[] Environment(OciConfig config)
    {
        var text = new StringBuilder("#!/bin/sh\n");
        foreach (string entry in config.Environment)
        {
            int equals = entry.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? entry : entry[..equals];
            if (!IsName(name))
            {
                continue;   // no shell can set it
            }

            string value = equals < 0 ? "" : entry[(equals + 1)..];
            text.Append(name == "PATH" ? $"export PATH=\"{Escaped(value)}\"\n"
                : value.Length == 0 ? $"export {name}=\"${{{name}:-}}\"\n"
                : $"export {name}=\"${{{name}:-\"{Escaped(value)}\"}}\"\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Entry point and command with Docker's rules; the arguments are evaluated once by a shell, unless SINGULARITY_NO_EVAL is set.</summary>
    public static byte[] Runscript(OciConfig config)
    {
        string entrypoint = Words(config.Entrypoint), command = Words(config.Command);
        bool hasEntrypoint = config.Entrypoint.Count > 0;
        string both = hasEntrypoint
            ? $"    if [ $# -eq 0 ]; then\n        set --{Literal(config.Command)}\n    fi\n    set --{Literal(config.Entrypoint)} \"$@\"\n"
            : $"    if [ $# -eq 0 ]; then\n        set --{Literal(config.Command)}\n    fi\n";
        return Encoding.UTF8.GetBytes($$"""
            #!/bin/sh
            OCI_ENTRYPOINT={{Quoted(entrypoint)}}
            OCI_CMD={{Quoted(command)}}

            if [ -n "$SINGULARITY_NO_EVAL" ]; then
            {{both}}    exec "$@"
            fi

            CMDLINE_ARGS=""
            for arg in "$@"; do
                CMDLINE_ARGS="${CMDLINE_ARGS} \"$arg\""
            done

            if [ $# -gt 0 ]; then
                if [ -n "$OCI_ENTRYPOINT" ]; then
                    SINGULARITY_OCI_RUN="${OCI_ENTRYPOINT} ${CMDLINE_ARGS}"
                else
                    SINGULARITY_OCI_RUN="${CMDLINE_ARGS}"
                fi
            else
                SINGULARITY_OCI_RUN="${OCI_ENTRYPOINT} ${OCI_CMD}"
            fi

            eval "set ${SINGULARITY_OCI_RUN}"
            exec "$@"

            """);
    }

    /// <summary>The image's labels and those that a build adds, sorted, as the peers write them.</summary>
    /// <param name="bootstrap">The header of the definition that this build stands for.</param>
    /// <param name="time">Of the image, seconds since 1970; null where it is not known.</param>
    public static byte[] Labels(OciConfig config, string architecture, string bootstrap, string from, long? time, string release)
    {
        const string Schema = "org.label-schema.";
        var labels = new SortedDictionary<string, string>(config.Labels, StringComparer.Ordinal);
        labels.TryAdd(Schema + "schema-version", "1.0");
        labels.TryAdd(Schema + "build-arch", architecture);
        labels.TryAdd(Schema + "usage.kerr.version", release);
        labels.TryAdd(Schema + "usage.singularity.deffile.bootstrap", bootstrap);
        labels.TryAdd(Schema + "usage.singularity.deffile.from", from);
        if (time is { } seconds)
        {
            labels.TryAdd(Schema + "build-date", DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.ToString(
                "dddd_d_MMMM_yyyy_H:m:s_'UTC'", CultureInfo.InvariantCulture));
        }

        var buffer = new MemoryStream();
        var options = new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            foreach ((string name, string value) in labels)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static bool IsName(string name)
    {
        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
        {
            return false;
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return true;
    }

    // Each in double quotes, for eval to take apart again.
    private static string Words(IReadOnlyList<string> words)
    {
        var text = new StringBuilder();
        foreach (string word in words)
        {
            text.Append(text.Length == 0 ? "" : " ").Append('"').Append(Escaped(word)).Append('"');
        }

        return text.ToString();
    }

    private static string Literal(IReadOnlyList<string> words)
    {
        var text = new StringBuilder();
        foreach (string word in words)
        {
            text.Append(' ').Append(Quoted(word));
        }

        return text.ToString();
    }

    private static string Quoted(string text) => "'" + text.Replace("'", "'\"'\"'", StringComparison.Ordinal) + "'";

    // What has a meaning inside double quotes.
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (c is '\\' or '"' or '$' or '`')
            {
                escaped.Append('\\');
            }

            escaped.Append(c);
        }

        return escaped.ToString();
    }
}

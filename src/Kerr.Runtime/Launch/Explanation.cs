using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kerr.Linux;
using Kerr.Runtime.Environment;

namespace Kerr.Runtime.Launch;

/// <summary>A plan for people and for programs: every step with its reason, and what was left out and why.</summary>
public static class Explanation
{
    private const int ReasonColumn = 56;

    private const string RecordReason = "configuration: audit launches = yes";

    public static string ToText(LaunchPlan plan)
    {
        var text = new StringBuilder();
        text.Append("image:   ").Append(plan.Request.Image).Append('\n');
        text.Append("mode:    ").Append(ModeText(plan.Mode)).Append('\n');
        text.Append("\nsteps, in order:\n");
        foreach (HostDirectory directory in plan.HostDirectories)
        {
            Line(text, $"Creating directory of the host: {directory.Path}", directory.Why);
        }

        if (plan.RecordedIn is { } sink)
        {
            Line(text, $"Recording the launch: {SinkText(sink)}", RecordReason);
        }

        foreach (PlanStep step in plan.Steps)
        {
            Line(text, step.Text, step.Why);
            Details(text, step);
        }

        text.Append("\nenvironment changes:\n");
        foreach (EnvironmentChange change in plan.EnvironmentChanges)
        {
            Line(text, change.Value is null ? $"-{change.Name}" : $"{change.Name}={Visible(change.Value)}", change.Reason);
        }

        text.Append("\nskipped:\n");
        foreach (SkippedStep skipped in plan.Skipped)
        {
            Line(text, skipped.What, skipped.Why);
        }

        return text.ToString();
    }

    public static byte[] ToJson(LaunchPlan plan)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(
            buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            Member(json, "image", plan.Request.Image);
            Member(json, "mode", ModeName(plan.Mode));
            json.WriteStartArray("hostDirectories");
            foreach (HostDirectory directory in plan.HostDirectories)
            {
                json.WriteStartObject();
                Member(json, "path", directory.Path);
                Member(json, "mode", "0" + Convert.ToString(directory.Mode, 8));
                Member(json, "why", directory.Why);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (plan.RecordedIn is { } sink)
            {
                json.WriteStartObject("record");
                Member(json, "sink", sink);
                Member(json, "why", RecordReason);
                json.WriteEndObject();
            }

            json.WriteStartArray("steps");
            foreach (PlanStep step in plan.Steps)
            {
                WriteStep(json, step);
            }

            json.WriteEndArray();
            json.WriteStartArray("environment");
            foreach (EnvironmentChange change in plan.EnvironmentChanges)
            {
                json.WriteStartObject();
                Member(json, "name", change.Name);
                if (change.Value is null)
                {
                    json.WriteNull("value");
                }
                else
                {
                    Member(json, "value", change.Value);
                }

                Member(json, "why", change.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("skipped");
            foreach (SkippedStep skipped in plan.Skipped)
            {
                json.WriteStartObject();
                Member(json, "what", skipped.What);
                Member(json, "why", skipped.Why);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static void WriteStep(Utf8JsonWriter json, PlanStep step)
    {
        json.WriteStartObject();
        Member(json, "step", step.Kind.ToString());
        Member(json, "text", step.Text);
        Member(json, "why", step.Why);
        Member(json, "whenItFails", step.Policy switch
        {
            Plan.FailurePolicy.Fatal => "stop",
            Plan.FailurePolicy.Warn => "warn",
            _ => "go on",
        });
        var description = new StepDescription();
        step.Describe(description);
        foreach ((string name, object value) in description.Members)
        {
            switch (value)
            {
                case string text:
                    Member(json, name, text);
                    break;
                case long number:
                    json.WriteNumber(name, number);
                    break;
                default:
                    json.WriteStartArray(name);
                    foreach (string item in (IReadOnlyList<string>)value)
                    {
                        json.WriteStringValue(ByteText.ToUnicode(item));
                    }

                    json.WriteEndArray();
                    break;
            }
        }

        json.WriteEndObject();
    }

    private static void Details(StringBuilder text, PlanStep step)
    {
        var description = new StepDescription();
        step.Describe(description);
        foreach ((string name, object value) in description.Members)
        {
            string shown = value is IReadOnlyList<string> list ? string.Join(' ', list) : Convert.ToString(value, null) ?? "";
            text.Append("      ").Append(name).Append(": ").Append(Visible(shown)).Append('\n');
        }
    }

    private static void Line(StringBuilder text, string what, string why)
    {
        int start = text.Length;
        text.Append("  ").Append(what);
        text.Append(' ', Math.Max(2, ReasonColumn - (text.Length - start))).Append("# ").Append(why).Append('\n');
    }

    private static void Member(Utf8JsonWriter json, string name, string value) => json.WriteString(name, ByteText.ToUnicode(value));

    // One line per item, and nothing that a terminal would obey.
    private static string Visible(string text)
    {
        var shown = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            _ = c switch
            {
                '\n' => shown.Append("\\n"),
                < ' ' or '\x7f' => shown.Append(null, $"\\x{(int)c:x2}"),
                _ => shown.Append(c),
            };
        }

        return shown.ToString();
    }

    private static string SinkText(string sink) => sink == Audit.RecordSink.Automatic ? "journald or /dev/log, where there is one" : sink;

    private static string ModeText(LaunchMode mode) => mode switch
    {
        LaunchMode.Root => "root, without a user namespace",
        LaunchMode.Setuid => "setuid starter, without a user namespace",
        LaunchMode.Fakeroot => "root of a user namespace",
        _ => "user namespace",
    };

    private static string ModeName(LaunchMode mode) => mode switch
    {
        LaunchMode.Root => "root",
        LaunchMode.Setuid => "setuid",
        LaunchMode.Fakeroot => "fakeroot",
        _ => "userns",
    };
}

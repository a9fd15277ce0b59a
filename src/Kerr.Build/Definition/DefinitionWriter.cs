using System.Text;

namespace Kerr.Build.Definition;

/// <summary>A stage as the text of a definition file, for those that came as JSON or from the command line.</summary>
internal static class DefinitionWriter
{
    internal static string Write(DefinitionStage stage)
    {
        var text = new StringBuilder();
        foreach ((string key, string value) in stage.Header)
        {
            text.Append(key).Append(": ").Append(value.Replace("\n", "\\n\\\n", System.StringComparison.Ordinal)).Append('\n');
        }

        foreach (DefinitionFiles files in stage.Files)
        {
            text.Append("\n%files").Append(files.Stage is null ? "" : " from " + files.Stage).Append('\n');
            foreach (DefinitionCopy copy in files.Copies)
            {
                text.Append("    \"").Append(copy.Source).Append("\" \"").Append(copy.Destination).Append("\"\n");
            }
        }

        foreach ((string name, DefinitionSection section) in stage.Sections)
        {
            Write(text, name, section.Arguments, section.Text);
        }

        foreach (DefinitionApp app in stage.Apps)
        {
            foreach ((string part, DefinitionSection section) in app.Sections)
            {
                Write(text, "app" + part, $"{app.Name} {section.Arguments}", section.Text);
            }

            foreach (DefinitionCopy copy in app.Files)
            {
                Write(text, "appfiles", app.Name, $"    \"{copy.Source}\" \"{copy.Destination}\"\n");
            }
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, string name, string arguments, string body)
        => text.Append("\n%").Append($"{name} {arguments}".TrimEnd()).Append('\n').Append(body);
}

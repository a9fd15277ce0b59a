using System.Text;

namespace Kerr.Runtime.Configuration;

/// <summary>Writes the file that is installed: every directive with its explanation and its default.</summary>
public static class ConfigurationWriter
{
    private const int Width = 79;

    /// <summary>The whole file; ASCII.</summary>
    public static string Write()
    {
        StringBuilder file = new(24 * 1024);
        file.Append("# kerr.conf: what this installation allows and does by default\n#\n");
        Comment(file, "A line is 'directive = value'. Lists take several values, by commas or on several lines. An unknown "
            + "directive or value is an error. 'kerr config global' changes the file from the command line. The names are "
            + "those of apptainer.conf and singularity.conf; such a file can be used as it is.");

        foreach (DirectiveGroup group in DirectiveTable.Groups())
        {
            file.Append("\n\n# ---- ").Append(group.Title).Append(' ')
                .Append('-', Width - 8 - group.Title.Length).Append('\n');

            if (group.Introduction.Length > 0)
            {
                Comment(file, group.Introduction);
            }

            foreach (Directive directive in group.Directives)
            {
                file.Append('\n');
                Comment(file, $"{directive.Help} {Values(directive)}");
                AppendLines(file, directive);
            }
        }

        return file.ToString();
    }

    private static string Values(Directive directive) => directive.Kind switch
    {
        DirectiveKind.YesNo => $"[yes, no; default: {directive.Default}]",
        DirectiveKind.Choice => $"[{string.Join(", ", directive.Allowed)}; default: {directive.Default}]",
        DirectiveKind.Number => $"[number; default: {directive.Default}]",
        DirectiveKind.List when directive.Default.Length == 0 => "[list; default: empty]",
        DirectiveKind.List => "[list]",
        _ => directive.Default.Length == 0 ? "[default: empty]" : "[text]",
    };

    private static void AppendLines(StringBuilder file, Directive directive)
    {
        if (directive.Default.Length == 0)
        {
            file.Append("# ").Append(directive.Name).Append(" = ").Append(directive.Example).Append('\n');
        }
        else if (directive.Kind == DirectiveKind.List)
        {
            foreach (string item in ListItems.Split(directive.Default))
            {
                file.Append(directive.Name).Append(" = ").Append(item).Append('\n');
            }
        }
        else
        {
            file.Append(directive.Name).Append(" = ").Append(directive.Default).Append('\n');
        }
    }

    private static void Comment(StringBuilder file, string text)
    {
        int used = 0;

        foreach (string word in text.Split(' '))
        {
            if (used > 0 && used + 1 + word.Length > Width)
            {
                file.Append('\n');
                used = 0;
            }

            if (used == 0)
            {
                file.Append('#');
                used = 1;
            }

            file.Append(' ').Append(word);
            used += 1 + word.Length;
        }

        file.Append('\n');
    }
}

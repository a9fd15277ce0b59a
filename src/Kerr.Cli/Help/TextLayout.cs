using System.Text;

namespace Kerr.Cli.Help;

/// <summary>Breaks text into lines of at most 80 columns.</summary>
internal static class TextLayout
{
    internal const int Width = 80;

    /// <summary>Appends paragraphs, every line indented.</summary>
    internal static void AppendParagraphs(StringBuilder to, string text, int indent)
    {
        foreach (string paragraph in text.Split('\n'))
        {
            if (paragraph.Length > 0)
            {
                to.Append(' ', indent);
                AppendWrapped(to, paragraph, indent);
            }

            to.Append('\n');
        }
    }

    /// <summary>Appends words from the column <paramref name="indent"/> on, where the caller stands already.</summary>
    internal static void AppendWrapped(StringBuilder to, string text, int indent)
    {
        int room = Width - indent;
        int used = 0;

        foreach (string word in text.Split(' '))
        {
            if (used > 0 && used + 1 + word.Length > room)
            {
                to.Append('\n').Append(' ', indent);
                used = 0;
            }

            if (used > 0)
            {
                to.Append(' ');
                used++;
            }

            to.Append(word);
            used += word.Length;
        }
    }
}

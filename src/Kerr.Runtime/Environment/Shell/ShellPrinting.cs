using System.Collections.Generic;
using System.Text;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>What <c>echo</c> and <c>printf</c> print, as far as all shells agree on it.</summary>
internal static class ShellPrinting
{
    /// <summary>Null when shells differ: dash reads backslashes in the operands, bash does not.</summary>
    internal static string? Echo(List<string> fields)
    {
        int first = fields.Count > 1 && fields[1] == "-n" ? 2 : 1;
        if (fields.Count > first && fields[first] is ['-', 'n' or 'e' or 'E', ..])
        {
            return null;
        }

        string text = string.Join(' ', fields.GetRange(first, fields.Count - first));
        return text.Contains('\\') ? null : first == 2 ? text : text + "\n";
    }

    /// <summary>Understands <c>%s</c>, <c>%d</c> of plain numbers, <c>%%</c> and the common escapes; null for the rest.</summary>
    internal static string? Format(List<string> fields)
    {
        int first = fields.Count > 1 && fields[1] == "--" ? 2 : 1;
        if (fields.Count <= first || (first == 1 && fields[1].StartsWith('-')))
        {
            return null;
        }

        string format = fields[first];
        StringBuilder result = new();
        int next = first + 1;
        do
        {
            int before = next;
            if (!FormatOnce(format, fields, ref next, result))
            {
                return null;
            }

            if (next == before)
            {
                break;
            }
        }
        while (next < fields.Count);

        return result.ToString();
    }

    private static bool FormatOnce(string format, List<string> fields, ref int next, StringBuilder result)
    {
        for (int i = 0; i < format.Length; i++)
        {
            char c = format[i];
            char following = i + 1 < format.Length ? format[i + 1] : '\0';
            if (c is not ('%' or '\\'))
            {
                result.Append(c);
                continue;
            }

            i++;
            switch (c, following)
            {
                case ('%', '%'):
                    result.Append('%');
                    break;
                case ('%', 's'):
                    result.Append(next < fields.Count ? fields[next++] : "");
                    break;
                case ('%', 'd') when next >= fields.Count:
                    result.Append('0');
                    break;
                case ('%', 'd') when long.TryParse(fields[next], out long number) && number.ToString() == fields[next]:
                    result.Append(number);
                    next++;
                    break;
                case ('\\', 'n'):
                    result.Append('\n');
                    break;
                case ('\\', 't'):
                    result.Append('\t');
                    break;
                case ('\\', '\\'):
                    result.Append('\\');
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}

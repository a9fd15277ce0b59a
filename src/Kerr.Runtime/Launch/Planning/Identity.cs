using System.Collections.Generic;
using System.Globalization;
using Kerr.Linux;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>User and group numbers as users write them: plain decimal, nothing else (S31).</summary>
internal static class Identity
{
    public static uint ParseId(string text, string what)
    {
        // uint.MaxValue means "no change" to the kernel.
        if (text.Length is > 0 and <= 10 && (text[0] != '0' || text.Length == 1)
            && uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id != uint.MaxValue)
        {
            return id;
        }

        throw new UserException($"{what} number {text} is not valid", "give a plain decimal number, as in --security uid:1000");
    }

    public static IReadOnlyList<uint> ParseIds(string text)
    {
        var ids = new List<uint>();
        foreach (string part in text.Split(':'))
        {
            ids.Add(ParseId(part, "group"));
        }

        return ids;
    }
}

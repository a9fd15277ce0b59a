using System.Collections.Generic;
using Kerr.Linux;

namespace Kerr.Runtime.Configuration;

/// <summary>The items of a list value: separated by commas, blanks around them left out, empty ones too.</summary>
internal static class ListItems
{
    internal static List<string> Split(string value)
    {
        List<string> items = [];

        foreach (string part in value.Split(','))
        {
            string item = AsciiText.Trim(part);

            if (item.Length > 0)
            {
                items.Add(item);
            }
        }

        return items;
    }
}

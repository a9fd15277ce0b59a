using System;
using System.Collections.Generic;

namespace Kerr.Build.Inspection;

/// <summary>What an image, or an app in it, says about itself. What is empty was not said.</summary>
public sealed class ImageAttributes
{
    /// <summary>The apps by name; an app has none itself.</summary>
    public SortedDictionary<string, ImageAttributes> Apps { get; } = new(StringComparer.Ordinal);

    /// <summary>The text of each environment script, by its path in the image.</summary>
    public SortedDictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, string> Labels { get; } = new(StringComparer.Ordinal);

    public string Runscript { get; set; } = "";

    public string Startscript { get; set; } = "";

    public string Test { get; set; } = "";

    public string Helpfile { get; set; } = "";

    /// <summary>The definition file; an app has none.</summary>
    public string Deffile { get; set; } = "";
}

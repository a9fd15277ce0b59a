using System.Collections.Generic;

namespace Kerr.Build.Definition;

/// <summary>A definition file: how an image is made, in one or more stages of which the last becomes the image.</summary>
/// <param name="Name">Its path as the user gave it, for messages.</param>
/// <param name="Text">The whole text with its template arguments filled in; byte text. It is kept in the image.</param>
public sealed record DefinitionFile(string Name, string Text, IReadOnlyList<DefinitionStage> Stages)
{
    /// <summary>The stage that becomes the image.</summary>
    public DefinitionStage Final => Stages[^1];
}

/// <summary>One stage: a base and what is done to it.</summary>
public sealed class DefinitionStage
{
    /// <summary>Keys in lower case, in the order of the file; a key that is repeated has its last value.</summary>
    public List<KeyValuePair<string, string>> Header { get; } = [];

    /// <summary>All sections but files and those of apps, by name.</summary>
    public Dictionary<string, DefinitionSection> Sections { get; } = [];

    public List<DefinitionFiles> Files { get; } = [];

    /// <summary>Apps in the order in which the file first names them.</summary>
    public List<DefinitionApp> Apps { get; } = [];

    /// <summary>The agent that brings the base; empty when there is no header.</summary>
    public string Bootstrap => Value("bootstrap").ToLowerInvariant();

    public string Name => Value("stage");

    /// <summary>The value of a header key, in lower case; empty when it is not there.</summary>
    public string Value(string key)
    {
        foreach ((string name, string value) in Header)
        {
            if (name == key)
            {
                return value;
            }
        }

        return "";
    }

    /// <summary>The text of a section; empty when it is not there.</summary>
    public string Text(string section) => Sections.TryGetValue(section, out DefinitionSection? found) ? found.Text : "";

    internal void Set(string key, string value)
    {
        int at = Header.FindIndex(pair => pair.Key == key);
        if (at < 0)
        {
            Header.Add(new(key, value));
        }
        else
        {
            Header[at] = new(key, value);
        }
    }
}

/// <summary>A section's lines, and what stands behind its name: <c>%post -c /bin/bash</c>.</summary>
/// <param name="Line">Of its first line in the definition file, from 1 on; 0 for a definition that is JSON.</param>
public sealed record DefinitionSection(string Arguments, string Text, int Line = 0);

/// <summary>One <c>%files</c> section: what is copied, from the host or from an earlier stage.</summary>
public sealed record DefinitionFiles(string? Stage, List<DefinitionCopy> Copies);

/// <summary>One line of <c>%files</c>; an empty destination is the same path as the source.</summary>
public readonly record struct DefinitionCopy(string Source, string Destination);

/// <summary>An app of the Scientific Filesystem: its sections by their names without <c>app</c>: install, run, env, ….</summary>
public sealed class DefinitionApp(string name)
{
    public string Name { get; } = name;

    public Dictionary<string, DefinitionSection> Sections { get; } = [];

    public List<DefinitionCopy> Files { get; } = [];

    public string Text(string section) => Sections.TryGetValue(section, out DefinitionSection? found) ? found.Text : "";
}

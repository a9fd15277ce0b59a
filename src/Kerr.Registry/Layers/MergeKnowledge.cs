using System.Collections.Generic;

namespace Kerr.Registry.Layers;

/// <summary>What one reading of the layers taught that the next must know from its start.</summary>
/// <remarks>
/// The merged stream is written while the layers are read, the uppermost first, and what is written cannot be taken back. Two
/// things are learnt too late, both rare: a layer repeats a name (the last counts), and a lower layer has a symbolic link where an
/// upper one has put a file below that name, which must then go where the link leads.
/// </remarks>
public sealed class MergeKnowledge
{
    private readonly Dictionary<(ushort Layer, string Path), int> _repeats = [];
    private readonly Dictionary<string, (ushort Layer, string Target)> _links = [];

    /// <summary>Whether something was learnt since <see cref="StartReading"/>: then what was written is not the image.</summary>
    internal bool HasGrown { get; private set; }

    internal bool HasRepeats => _repeats.Count > 0;

    internal bool HasLinks => _links.Count > 0;

    internal void StartReading() => HasGrown = false;

    internal void LearnRepeat(ushort layer, string path)
    {
        _repeats[(layer, path)] = _repeats.GetValueOrDefault((layer, path)) + 1;
        HasGrown = true;
    }

    internal void LearnLink(ushort layer, string path, string target) => HasGrown |= _links.TryAdd(path, (layer, target));

    /// <summary>How many entries of that name in that layer are followed by another.</summary>
    internal int Repeats(ushort layer, string path) => _repeats.GetValueOrDefault((layer, path));

    /// <summary>Where a name leads that a lower layer makes a symbolic link, for an entry of a layer above it or of itself.</summary>
    internal string? Link(ushort layer, string path)
        => _links.TryGetValue(path, out (ushort Layer, string Target) link) && layer <= link.Layer ? link.Target : null;
}

using System;
using System.Collections.Generic;

namespace Kerr.Registry.Layers;

/// <summary>Which extended attributes of a layer an image keeps.</summary>
internal static class LayerAttributes
{
    /// <summary>Those of users and file capabilities: squashfs takes no others, and labels belong to the host that made them.</summary>
    internal static IReadOnlyList<TarAttribute> Kept(IReadOnlyList<TarAttribute> all)
    {
        if (all.Count == 0)
        {
            return all;
        }

        var kept = new List<TarAttribute>();
        foreach (TarAttribute attribute in all)
        {
            if (attribute.Name == "security.capability"
                || (attribute.Name.StartsWith("user.", StringComparison.Ordinal) && attribute.Name != "user.rootlesscontainers"
                    && !attribute.Name.StartsWith("user.overlay.", StringComparison.Ordinal)))
            {
                kept.Add(attribute);
            }
        }

        return kept;
    }
}

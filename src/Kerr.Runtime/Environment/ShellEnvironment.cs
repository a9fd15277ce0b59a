using System;
using System.Collections.Generic;
using Kerr.Runtime.Environment.Shell;

namespace Kerr.Runtime.Environment;

/// <summary>Joins what an image's shell exported with the host variables that it never saw.</summary>
public static class ShellEnvironment
{
    /// <summary>The variable by which the script of <see cref="ImageScriptText"/> tells which host variables it set or removed.</summary>
    public const string DefinedName = "KERR_DEFINED";

    /// <summary>
    /// The payload's environment, ordered by name: all that the shell exported except what shells export of themselves; and of
    /// the forwarded and unnameable variables those that it neither exported nor names in <see cref="DefinedName"/>.
    /// </summary>
    public static IReadOnlyList<EnvironmentVariable> Merge(
        IReadOnlyList<EnvironmentVariable> exported, ImageScriptsRequest request)
    {
        Dictionary<string, string> merged = [];
        string defined = "";
        foreach (EnvironmentVariable variable in exported)
        {
            if (variable.Name == DefinedName)
            {
                defined = variable.Value;
            }
            else if (variable.Name is not ("SHLVL" or "_" or "OLDPWD"))
            {
                merged[variable.Name] = variable.Value;
            }
        }

        foreach (EnvironmentVariable variable in request.Forwarded)
        {
            if (!defined.Contains($" {variable.Name} ", StringComparison.Ordinal))
            {
                merged.TryAdd(variable.Name, variable.Value);
            }
        }

        foreach (EnvironmentVariable variable in request.Injected)
        {
            // No shell could hold these, so none evaluated them.
            if (!ShellParser.IsName(variable.Name))
            {
                merged[variable.Name] = variable.Value;
            }
        }

        List<EnvironmentVariable> result = [];
        foreach ((string name, string value) in merged)
        {
            result.Add(new(name, value));
        }

        result.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return result;
    }
}

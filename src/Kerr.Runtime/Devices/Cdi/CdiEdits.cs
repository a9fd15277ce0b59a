using System.Collections.Generic;
using System.IO;
using Kerr.Runtime.Environment;

namespace Kerr.Runtime.Devices.Cdi;

/// <summary>A device node that a description asks for.</summary>
/// <param name="HostPath">Where it is on the host; the same path unless said otherwise.</param>
internal readonly record struct CdiNode(string Path, string HostPath);

/// <summary>A file or directory of the host that a description asks for.</summary>
internal readonly record struct CdiMount(string HostPath, string ContainerPath, bool ReadOnly);

/// <summary>A program that a runtime with privileges would run; its effect is made instead, where it is known.</summary>
internal readonly record struct CdiHook(string Path, IReadOnlyList<string> Arguments);

/// <summary>What a CDI description changes in a container: its <c>containerEdits</c>.</summary>
internal sealed class CdiEdits
{
    public List<EnvironmentVariable> Environment { get; } = [];

    public List<CdiNode> Nodes { get; } = [];

    public List<CdiMount> Mounts { get; } = [];

    public List<CdiHook> Hooks { get; } = [];

    /// <exception cref="InvalidDataException">A member is not what the specification says.</exception>
    public static CdiEdits Of(CdiValue? value)
    {
        var edits = new CdiEdits();
        if (value is null)
        {
            return edits;
        }

        foreach (CdiValue item in Items(value, "env"))
        {
            edits.Environment.Add(EnvironmentVariable.Parse(item.Text ?? "") is { Name.Length: > 0 } variable
                ? variable : throw new InvalidDataException($"env holds {item.Text}, which is no NAME=VALUE"));
        }

        foreach (CdiValue item in Items(value, "deviceNodes"))
        {
            string path = Absolute(item, "path", "deviceNodes");
            edits.Nodes.Add(new CdiNode(path, item["hostPath"]?.Text is { Length: > 0 } ? Absolute(item, "hostPath", "deviceNodes") : path));
        }

        foreach (CdiValue item in Items(value, "mounts"))
        {
            bool readOnly = false;
            foreach (CdiValue option in Items(item, "options"))
            {
                readOnly |= option.Text is "ro";
            }

            edits.Mounts.Add(new CdiMount(Absolute(item, "hostPath", "mounts"), Absolute(item, "containerPath", "mounts"), readOnly));
        }

        foreach (CdiValue item in Items(value, "hooks"))
        {
            var arguments = new List<string>();
            foreach (CdiValue argument in Items(item, "args"))
            {
                arguments.Add(argument.Text ?? "");
            }

            edits.Hooks.Add(new CdiHook(item["path"]?.Text ?? "", arguments));
        }

        return edits;
    }

    internal static IReadOnlyList<CdiValue> Items(CdiValue value, string name) => value[name] switch
    {
        null or { Text: "" } => [],
        { Items: { } items } => items,
        _ => throw new InvalidDataException($"{name} is no list"),
    };

    private static string Absolute(CdiValue item, string name, string list)
        => item[name]?.Text is { Length: > 0 } path && path[0] == '/' && !path.Contains('\0', System.StringComparison.Ordinal)
            ? Linux.Files.FileSystem.Clean(path) : throw new InvalidDataException($"{list} has an item whose {name} is no absolute path");
}

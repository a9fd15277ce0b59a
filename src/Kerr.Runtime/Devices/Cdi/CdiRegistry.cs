using System;
using System.Collections.Generic;
using System.IO;
using Kerr.Linux;
using Kerr.Runtime.Launch;

namespace Kerr.Runtime.Devices.Cdi;

/// <summary>A description file: a kind, its devices, and what every use of one of them changes.</summary>
internal sealed record CdiDescription(string Path, string Kind, IReadOnlyDictionary<string, CdiEdits> Devices, CdiEdits Always);

/// <summary>A device with the file that describes it.</summary>
internal sealed record CdiDevice(string Name, CdiDescription Description, CdiEdits Edits);

/// <summary>The CDI devices of a host: all description files of some directories.</summary>
/// <remarks>
/// A device that two files of one directory describe is unusable; a later directory wins over an earlier one. A file that cannot be understood
/// takes its own devices away and no others.
/// </remarks>
internal sealed class CdiRegistry
{
    private const int LargestFile = 4 << 20;

    /// <summary>Where the specification says that descriptions lie: what is written by hand, and what is made at boot.</summary>
    public static readonly string[] UsualDirectories = ["/etc/cdi", "/var/run/cdi"];

    private readonly Dictionary<string, CdiDevice> _devices = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string One, string Other)> _conflicts = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<string> _directories;

    private CdiRegistry(IReadOnlyList<string> directories) => _directories = directories;

    /// <summary>Files that could not be understood, with the reason.</summary>
    public List<(string Path, string Reason)> Damaged { get; } = [];

    public static CdiRegistry Read(IHostFacts host, IReadOnlyList<string> directories)
    {
        var registry = new CdiRegistry(directories);
        foreach (string directory in directories)
        {
            var here = new Dictionary<string, CdiDevice>(StringComparer.Ordinal);
            foreach (string name in host.Files.List(directory) ?? [])
            {
                if (name.EndsWith(".json", StringComparison.Ordinal) || name.EndsWith(".yaml", StringComparison.Ordinal))
                {
                    registry.Add(host, $"{directory}/{name}", here);
                }
            }

            foreach ((string name, CdiDevice device) in here)
            {
                registry._devices[name] = device;
            }
        }

        return registry;
    }

    /// <summary>The device of that name.</summary>
    /// <exception cref="UserException">There is none, or there are two.</exception>
    public CdiDevice Find(string name)
    {
        if (_conflicts.TryGetValue(name, out (string One, string Other) files))
        {
            throw new UserException($"CDI device {name} is described twice: by {files.One} and by {files.Other}", "remove one of the two, or the device in it");
        }

        if (_devices.TryGetValue(name, out CdiDevice? device))
        {
            return device;
        }

        string where = string.Join(" or ", _directories);
        if (!IsName(name))
        {
            throw new UserException($"{name} is no name of a CDI device", "write vendor/class=name, as in --device nvidia.com/gpu=0");
        }

        string damaged = Damaged.Count > 0 ? $"; {Damaged[0].Path} cannot be read: {Damaged[0].Reason}" : "";
        throw new UserException($"no CDI device {name} is described in {where}{damaged}", _devices.Count > 0
            ? $"take one that is: {string.Join(", ", Some())}" : "check the directory with --cdi-dirs, or have the administrator make descriptions (nvidia-ctk cdi generate)");
    }

    /// <summary>Reads one file.</summary>
    /// <exception cref="InvalidDataException">It is not what the specification says.</exception>
    public static CdiDescription Parse(string path, string text)
    {
        CdiValue value = CdiText.Parse(text);
        string kind = value["kind"]?.Text ?? "";
        if (value["cdiVersion"]?.Text is not { Length: > 0 })
        {
            throw new InvalidDataException("cdiVersion is missing");
        }

        if (!IsKind(kind))
        {
            throw new InvalidDataException($"its kind \"{kind}\" is no vendor/class");
        }

        var devices = new Dictionary<string, CdiEdits>(StringComparer.Ordinal);
        foreach (CdiValue item in CdiEdits.Items(value, "devices"))
        {
            string name = item["name"]?.Text ?? "";
            if (!IsWord(name))
            {
                throw new InvalidDataException($"\"{name}\" is no name of a device");
            }

            if (!devices.TryAdd(name, CdiEdits.Of(item["containerEdits"])))
            {
                throw new InvalidDataException($"device {name} stands there twice");
            }
        }

        return new CdiDescription(path, kind, devices, CdiEdits.Of(value["containerEdits"]));
    }

    private void Add(IHostFacts host, string path, Dictionary<string, CdiDevice> here)
    {
        CdiDescription description;
        try
        {
            byte[]? bytes = host.Files.ReadFile(path, LargestFile);
            if (bytes is null)
            {
                Damaged.Add((path, "permission denied"));
                return;
            }

            description = Parse(path, ByteText.FromNative(bytes));
        }
        catch (InvalidDataException error)
        {
            Damaged.Add((path, error.Message));
            return;
        }

        foreach ((string name, CdiEdits edits) in description.Devices)
        {
            string full = $"{description.Kind}={name}";
            if (!here.TryAdd(full, new CdiDevice(full, description, edits)))
            {
                _conflicts[full] = (here[full].Description.Path, path);
            }
            else
            {
                _conflicts.Remove(full);    // a later directory says what is meant
            }
        }
    }

    private List<string> Some()
    {
        const int Most = 8;
        var names = new List<string>(_devices.Keys);
        names.Sort(StringComparer.Ordinal);
        if (names.Count > Most)
        {
            names.RemoveRange(Most, names.Count - Most);
            names.Add("…");
        }

        return names;
    }

    private static bool IsName(string name)
        => name.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && IsKind(name[..equals]) && IsWord(name[(equals + 1)..]);

    private static bool IsKind(string kind)
        => kind.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && IsWord(kind[..slash]) && IsWord(kind[(slash + 1)..]);

    private static bool IsWord(string word)
    {
        foreach (char c in word)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.' or ':'))
            {
                return false;
            }
        }

        return word.Length > 0 && char.IsAsciiLetterOrDigit(word[0]) && char.IsAsciiLetterOrDigit(word[^1]);
    }
}

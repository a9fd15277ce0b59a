using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Registry.References;

/// <summary>A place to ask for an image: itself or a mirror.</summary>
/// <param name="Insecure">Plain HTTP, or TLS with a certificate that nobody vouches for, will do.</param>
public sealed record RegistryEndpoint(RegistryReference Reference, bool Insecure);

/// <summary>The site's and user's <c>registries.conf</c>: mirrors, insecure and blocked registries. containers-registries.conf(5), version 2.</summary>
public sealed class RegistriesConf
{
    private const int Largest = 1 << 20;
    private readonly List<Entry> _entries = [];

    /// <summary>From the files of a host: the user's in place of the site's.</summary>
    /// <param name="variable">What CONTAINERS_REGISTRIES_CONF says.</param>
    public static RegistriesConf Load(string? variable, string? home)
    {
        string user = $"{home}/.config/containers/registries.conf";
        string path = !string.IsNullOrEmpty(variable) ? variable
            : home is not null && FileSystem.TryStat(user) is not null ? user : "/etc/containers/registries.conf";
        var conf = new RegistriesConf();
        conf.Add(path);
        string drops = path + ".d";
        if (FileCalls.TryOpen(drops, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, out var directory, out _))
        {
            using (directory)
            {
                List<string> names = DirectoryCalls.List(directory);
                names.Sort(StringComparer.Ordinal);
                foreach (string name in names)
                {
                    if (name.EndsWith(".conf", StringComparison.Ordinal))
                    {
                        conf.Add($"{drops}/{name}");
                    }
                }
            }
        }

        return conf;
    }

    public static RegistriesConf Parse(string text, string path)
    {
        var conf = new RegistriesConf();
        conf.Read(text, path);
        return conf;
    }

    /// <summary>Where an image is asked for, the first first.</summary>
    /// <exception cref="UserException">The site blocks that registry.</exception>
    public IReadOnlyList<RegistryEndpoint> EndpointsOf(RegistryReference reference)
    {
        // Docker's registry is called docker.io there.
        string host = reference.Host == RegistryReference.DockerHub ? "docker.io" : reference.Host;
        string name = $"{host}/{reference.Repository}";
        Entry? best = null;
        foreach (Entry entry in _entries)
        {
            if (Covers(entry.Prefix, host, name) && (best is null || entry.Prefix.Length > best.Prefix.Length))
            {
                best = entry;
            }
        }

        if (best is null)
        {
            return [new RegistryEndpoint(reference, false)];
        }

        if (best.Blocked)
        {
            throw new UserException($"{best.File} blocks {best.Prefix}", "ask the administrator of this host, or use another registry");
        }

        var endpoints = new List<RegistryEndpoint>();
        foreach ((string location, bool insecure) in best.Mirrors)
        {
            endpoints.Add(new RegistryEndpoint(Moved(reference, name, best.Prefix, location), insecure));
        }

        endpoints.Add(new RegistryEndpoint(best.Location.Length == 0 ? reference : Moved(reference, name, best.Prefix, best.Location), best.Insecure));
        return endpoints;
    }

    private static bool Covers(string prefix, string host, string name)
        => prefix.StartsWith("*.", StringComparison.Ordinal)
            ? host.EndsWith(prefix[1..], StringComparison.Ordinal)
            : name == prefix || name.StartsWith(prefix + "/", StringComparison.Ordinal);

    private static RegistryReference Moved(RegistryReference reference, string name, string prefix, string location)
    {
        string rest = prefix.StartsWith("*.", StringComparison.Ordinal) ? name[name.IndexOf('/')..] : name[prefix.Length..];
        RegistryReference moved = RegistryReference.Parse($"{location}{rest}");
        return moved with { Tag = reference.Tag, Digest = reference.Digest };
    }

    private void Add(string path)
    {
        if (SmallFile.TryRead(path, Largest) is { } bytes)
        {
            Read(Encoding.UTF8.GetString(bytes), path);
        }
    }

    // The part of TOML that such files use: tables, arrays of tables, texts, truth values.
    private void Read(string text, string path)
    {
        Entry? entry = null;
        bool mirror = false, known = false;
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            number++;
            string line = Uncommented(raw).Trim();
            if (line.StartsWith('['))
            {
                string table = line.Trim('[', ']', ' ');
                known = line.StartsWith("[[", StringComparison.Ordinal) && table is "registry" or "registry.mirror";
                mirror = table == "registry.mirror";
                if (known && !mirror)
                {
                    entry = new Entry(path);
                    _entries.Add(entry);
                }
                else if (known)
                {
                    (entry ?? throw Wrong(path, number, "a mirror before any registry")).Mirrors.Add(("", false));
                }

                continue;
            }

            int equals = line.IndexOf('=');
            if (!known || line.Length == 0)
            {
                continue;
            }

            if (equals < 0)
            {
                throw Wrong(path, number, $"\"{line}\" is neither a table nor a value");
            }

            Take(entry!, mirror, line[..equals].Trim(), line[(equals + 1)..].Trim(), path, number);
        }
    }

    private static void Take(Entry entry, bool mirror, string key, string value, string path, int number)
    {
        switch (key)
        {
            case "prefix" when !mirror:
                entry.Prefix = Quoted(value, path, number);
                break;
            case "location" when mirror:
                entry.Mirrors[^1] = (Quoted(value, path, number), entry.Mirrors[^1].Insecure);
                break;
            case "location":
                entry.Location = Quoted(value, path, number);
                entry.Prefix = entry.Prefix.Length == 0 ? entry.Location : entry.Prefix;
                break;
            case "insecure" when mirror:
                entry.Mirrors[^1] = (entry.Mirrors[^1].Location, value == "true");
                break;
            case "insecure":
                entry.Insecure = value == "true";
                break;
            case "blocked":
                entry.Blocked = value == "true";
                break;
        }
    }

    private static string Quoted(string value, string path, int number)
        => value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0] ? value[1..^1] : throw Wrong(path, number, $"{value} is no text in quotes");

    private static string Uncommented(string line)
    {
        char quote = '\0';
        for (int i = 0; i < line.Length; i++)
        {
            if (quote == '\0' && line[i] == '#')
            {
                return line[..i];
            }

            if (line[i] is '"' or '\'')
            {
                quote = quote == '\0' ? line[i] : quote == line[i] ? '\0' : quote;
            }
        }

        return line;
    }

    private static UserException Wrong(string path, int line, string why) => new($"{path}, line {line}: {why}", $"correct that line of {path}");

    private sealed class Entry(string file)
    {
        internal string File => file;

        internal string Prefix { get; set; } = "";

        internal string Location { get; set; } = "";

        internal bool Insecure { get; set; }

        internal bool Blocked { get; set; }

        internal List<(string Location, bool Insecure)> Mirrors { get; } = [];
    }
}

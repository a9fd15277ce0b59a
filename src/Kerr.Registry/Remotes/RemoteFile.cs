using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json.Nodes;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Registry.Remotes;

/// <summary>A login at a keyserver, or at a registry from versions that kept those here.</summary>
/// <param name="Auth"><c>Basic</c> and the base64 of name and password.</param>
public sealed record ServiceLogin(string Uri, string Auth, bool Insecure);

/// <summary>A <c>remote.yaml</c>, of the site or of a user, in the peers' format.</summary>
/// <remarks>
/// <code>
/// Active: NAME
/// Remotes:
///     NAME: {URI, Token, System, Exclusive, Insecure, Keyservers: [{URI, Skip, External, Insecure}]}     in block style
/// Credentials:
///     - {URI, Auth, Insecure}
/// </code>
/// </remarks>
public sealed class RemoteFile
{
    public const string Name = "remote.yaml";
    private const int Largest = 1 << 20;

    /// <summary>The endpoint that is the default; empty for none.</summary>
    public string Active { get; set; } = "";

    public SortedDictionary<string, RemoteEndpoint> Remotes { get; } = new(StringComparer.Ordinal);

    public List<ServiceLogin> Logins { get; } = [];

    /// <summary>Empty where there is no such file.</summary>
    /// <exception cref="UserException">It cannot be read, or is no such file.</exception>
    public static RemoteFile Load(string path)
    {
        byte[] bytes;
        try
        {
            bytes = FileSystem.TryStat(path) is null ? [] : SmallFile.Read(path, Largest);
        }
        catch (Exception failure) when (failure is LinuxException or InvalidDataException)
        {
            throw new UserException($"cannot read the remote endpoints: {failure.Message}", $"check the file: ls -l {path}", failure);
        }

        try
        {
            return Parse(Encoding.Latin1.GetString(bytes));
        }
        catch (InvalidDataException damage)
        {
            throw new UserException($"{path}, {damage.Message}", $"correct it with an editor, or remove it: rm {path}", damage);
        }
    }

    internal static RemoteFile Parse(string text)
    {
        var file = new RemoteFile();
        if (BlockYaml.Parse(text) is not { } document)
        {
            return file;
        }

        JsonObject root = Object(document, "the document");
        Only(root, "the document", "Active", "Remotes", "Credentials");
        file.Active = Text(root, "Active");
        foreach ((string name, JsonNode? node) in Object(root[nameof(Remotes)], nameof(Remotes)))
        {
            JsonObject remote = Object(node, name);
            Only(remote, name, "URI", "Token", "System", "Exclusive", "Insecure", "Keyservers");
            var servers = new List<Keyserver>();
            foreach (JsonNode? item in Array(remote["Keyservers"], "Keyservers"))
            {
                JsonObject server = Object(item, "a keyserver");
                Only(server, "a keyserver", "URI", "Skip", "External", "Insecure");
                servers.Add(new Keyserver(Text(server, "URI"), Flag(server, "External"), Flag(server, "Insecure"), Flag(server, "Skip")));
            }

            file.Remotes[name] = new RemoteEndpoint(Text(remote, "URI"))
            {
                Token = Text(remote, "Token"),
                System = Flag(remote, "System"),
                Exclusive = Flag(remote, "Exclusive"),
                Insecure = Flag(remote, "Insecure"),
                Keyservers = servers,
            };
        }

        foreach (JsonNode? item in Array(root["Credentials"], "Credentials"))
        {
            JsonObject login = Object(item, "a credential");
            Only(login, "a credential", "URI", "Auth", "Insecure");
            file.Logins.Add(new ServiceLogin(Text(login, "URI"), Text(login, "Auth"), Flag(login, "Insecure")));
        }

        return file;
    }

    /// <summary>Replaces the file in one step.</summary>
    /// <param name="forAll">The site's file is read by everybody; a user's has secrets and is closed to others.</param>
    /// <exception cref="UserException">It cannot be written.</exception>
    public void Save(string path, bool forAll)
    {
        try
        {
            string target = FileSystem.RealPath(path) ?? path;
            using var file = new UnnamedFile(target, mode: 0b110_000_000);
            FileCalls.Write(file.File, 0, Encoding.Latin1.GetBytes(ToText()));
            FileCalls.SetPermissions(file.File, forAll ? 0b110_100_100u : 0b110_000_000u);
            file.Publish(sync: true);
        }
        catch (LinuxException failure)
        {
            throw new UserException($"cannot write the remote endpoints: {failure.Message}", $"check the directory of {path}", failure);
        }
    }

    internal string ToText()
    {
        var text = new StringBuilder();
        text.Append("Active: ").Append(Scalar(Active)).Append('\n').Append(Remotes.Count == 0 ? "Remotes: {}\n" : "Remotes:\n");
        foreach ((string name, RemoteEndpoint remote) in Remotes)
        {
            text.Append("    ").Append(Scalar(name)).Append(":\n");
            Member(text, 8, "URI", Scalar(remote.Uri));
            if (remote.Token.Length > 0)
            {
                Member(text, 8, "Token", Scalar(remote.Token));
            }

            Member(text, 8, "System", Flag(remote.System));
            Member(text, 8, "Exclusive", Flag(remote.Exclusive));
            if (remote.Insecure)
            {
                Member(text, 8, "Insecure", Flag(true));
            }

            text.Append(remote.Keyservers.Count > 0 ? "        Keyservers:\n" : "");
            foreach (Keyserver server in remote.Keyservers)
            {
                Member(text, 12, "- URI", Scalar(server.Uri));
                Member(text, 14, "Skip", Flag(server.Skip));
                Member(text, 14, "External", Flag(server.External));
                Member(text, 14, "Insecure", Flag(server.Insecure));
            }
        }

        text.Append(Logins.Count > 0 ? "Credentials:\n" : "");
        foreach (ServiceLogin login in Logins)
        {
            Member(text, 4, "- URI", Scalar(login.Uri));
            Member(text, 6, "Auth", Scalar(login.Auth));
            Member(text, 6, "Insecure", Flag(login.Insecure));
        }

        return text.ToString();
    }

    private static void Member(StringBuilder text, int indent, string name, string value)
        => text.Append(' ', indent).Append(name).Append(": ").Append(value).Append('\n');

    private static string Flag(bool value) => value ? "true" : "false";

    // Plain where no reader can take it for anything but this text.
    private static string Scalar(string value)
    {
        const string Special = "true false null yes no on off ~";
        bool plain = value.Length > 0 && char.IsAsciiLetter(value[0]) && !System.Array.Exists(Special.Split(' '), word => word.Equals(value, StringComparison.OrdinalIgnoreCase))
            && value[^1] != ':' && !value.Contains(": ", StringComparison.Ordinal);
        foreach (char c in value)
        {
            plain &= char.IsAsciiLetterOrDigit(c) || "-_.:/@+= ".Contains(c, StringComparison.Ordinal);
        }

        return plain && value[^1] != ' ' ? value : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
    }

    private static JsonObject Object(JsonNode? node, string what) => node switch
    {
        null => [],
        JsonObject found => found,
        _ => throw new InvalidDataException($"{what} is no list of names and values"),
    };

    private static JsonArray Array(JsonNode? node, string what) => node switch
    {
        null => [],
        JsonArray found => found,
        _ => throw new InvalidDataException($"{what} is no list"),
    };

    private static string Text(JsonObject parent, string name) => parent[name] switch
    {
        null => "",
        JsonValue value => value.GetValue<string>(),
        _ => throw new InvalidDataException($"{name} is no text"),
    };

    private static bool Flag(JsonObject parent, string name) => Text(parent, name) switch
    {
        "true" => true,
        "" or "false" => false,
        string other => throw new InvalidDataException($"{name} is {other}, neither true nor false"),
    };

    // What is not known would be lost when the file is written again.
    private static void Only(JsonObject parent, string what, params ReadOnlySpan<string> names)
    {
        foreach ((string name, _) in parent)
        {
            if (!names.Contains(name))
            {
                throw new InvalidDataException($"{what} has {name}, which is not known");
            }
        }
    }
}

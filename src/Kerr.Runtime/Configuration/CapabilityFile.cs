using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;

namespace Kerr.Runtime.Configuration;

/// <summary>Which capabilities a site grants to whom: <c>capability.json</c>, in the format of the peers.</summary>
/// <remarks><code>{"users": {"alice": ["CAP_NET_RAW"]}, "groups": {"net": ["CAP_NET_ADMIN"]}}</code></remarks>
public sealed class CapabilityFile
{
    /// <summary>More than this is no list of capabilities.</summary>
    public const int Limit = 1 << 20;

    // Names that this program does not know stay in the file: a newer kernel has them.
    private readonly SortedDictionary<string, List<string>> _users = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, List<string>> _groups = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, List<string>> Users => _users;

    public IReadOnlyDictionary<string, List<string>> Groups => _groups;

    /// <param name="content">Empty is a file that grants nothing.</param>
    /// <exception cref="InvalidDataException">It is no such file.</exception>
    public static CapabilityFile Parse(ReadOnlySpan<byte> content)
    {
        var file = new CapabilityFile();
        if (content.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return file;
        }

        try
        {
            var json = new Utf8JsonReader(content);
            json.Read();
            file.ReadObject(ref json);
            if (json.Read())
            {
                throw new InvalidDataException("there is more than one object");
            }
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"line {error.LineNumber + 1}: not understood as JSON", error);
        }

        return file;
    }

    /// <summary>What a user of that name has, a bit for each.</summary>
    public ulong OfUser(string? name) => name is null ? 0 : Set(_users, name);

    /// <summary>What the members of a group have.</summary>
    public ulong OfGroup(string name) => Set(_groups, name);

    public void AddToUser(string name, ulong capabilities) => Add(_users, name, capabilities);

    public void AddToGroup(string name, ulong capabilities) => Add(_groups, name, capabilities);

    public void DropFromUser(string name, ulong capabilities) => Drop(_users, name, capabilities);

    public void DropFromGroup(string name, ulong capabilities) => Drop(_groups, name, capabilities);

    /// <summary>The file, indented by tabs; who has nothing is left out.</summary>
    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1 }))
        {
            json.WriteStartObject();
            Write(json, "users"u8, _users);
            Write(json, "groups"u8, _groups);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static ulong Set(SortedDictionary<string, List<string>> holders, string name)
    {
        ulong set = 0;
        if (holders.TryGetValue(name, out List<string>? capabilities))
        {
            foreach (string capability in capabilities)
            {
                set |= Capabilities.Number(capability) is { } number ? 1UL << number : 0;
            }
        }

        return set;
    }

    private static void Add(SortedDictionary<string, List<string>> holders, string name, ulong capabilities)
    {
        ulong has = Set(holders, name);
        if (!holders.TryGetValue(name, out List<string>? list))
        {
            holders[name] = list = [];
        }

        list.AddRange(Capabilities.Names(capabilities & ~has));
    }

    private static void Drop(SortedDictionary<string, List<string>> holders, string name, ulong capabilities)
    {
        if (holders.TryGetValue(name, out List<string>? list))
        {
            list.RemoveAll(capability => Capabilities.Number(capability) is { } number && (capabilities & (1UL << number)) != 0);
        }
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> member, SortedDictionary<string, List<string>> holders)
    {
        bool begun = false;
        foreach ((string name, List<string> capabilities) in holders)
        {
            if (capabilities.Count == 0)
            {
                continue;
            }

            if (!begun)
            {
                json.WriteStartObject(member);
                begun = true;
            }

            json.WriteStartArray(Encoding.Latin1.GetBytes(name));
            foreach (string capability in capabilities)
            {
                json.WriteStringValue(capability);
            }

            json.WriteEndArray();
        }

        if (begun)
        {
            json.WriteEndObject();
        }
    }

    private void ReadObject(ref Utf8JsonReader json)
    {
        Expect(json, JsonTokenType.StartObject, "an object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string member = Text(json);
            SortedDictionary<string, List<string>> holders = member switch
            {
                "users" => _users,
                "groups" => _groups,
                _ => throw new InvalidDataException($"unknown member \"{member}\"; there are users and groups"),
            };
            json.Read();
            if (json.TokenType != JsonTokenType.Null)
            {
                ReadHolders(ref json, holders);
            }
        }
    }

    private static void ReadHolders(ref Utf8JsonReader json, SortedDictionary<string, List<string>> holders)
    {
        Expect(json, JsonTokenType.StartObject, "an object of names");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = Text(json);
            var capabilities = new List<string>();
            json.Read();
            if (json.TokenType != JsonTokenType.Null)
            {
                Expect(json, JsonTokenType.StartArray, $"a list of capabilities for {name}");
                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                {
                    Expect(json, JsonTokenType.String, $"the name of a capability for {name}");
                    capabilities.Add(Text(json));
                }
            }

            if (!holders.TryAdd(name, capabilities))
            {
                throw new InvalidDataException($"{name} stands there twice");
            }
        }
    }

    private static void Expect(Utf8JsonReader json, JsonTokenType type, string what)
    {
        if (json.TokenType != type)
        {
            throw new InvalidDataException($"expected {what}");
        }
    }

    /// <summary>A string or a member's name as byte text, as the names of the user database are.</summary>
    private static string Text(Utf8JsonReader json)
    {
        byte[] bytes = new byte[json.ValueSpan.Length];
        return Encoding.Latin1.GetString(bytes, 0, json.CopyString(bytes));
    }
}

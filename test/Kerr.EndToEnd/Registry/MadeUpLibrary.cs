using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Kerr.EndToEnd.Registry;

/// <summary>The half of a library that takes images: its entities, collections, containers and images, the store behind it, and tags.</summary>
internal sealed class MadeUpLibrary
{
    private readonly Dictionary<string, string> _ids = [];
    private readonly SortedDictionary<int, byte[]> _parts = [];

    /// <summary>What was asked for, a line each, but the reading of what is there.</summary>
    internal List<string> Changes { get; } = [];

    /// <summary>The file that arrived, its parts together.</summary>
    internal byte[] Stored { get; private set; } = [];

    internal string ApiVersion { get; init; } = "2.0.0-alpha.2";

    /// <summary>What the library says of a part's place: the path in its store, or where else.</summary>
    internal Func<string, string> Place { get; init; } = static address => address;

    /// <summary>Whether the store refuses, and with what.</summary>
    internal int StoreAnswers { get; set; } = 200;

    /// <summary>Null for what is not of this half.</summary>
    internal (int, byte[])? Answer(HttpListenerRequest request, string address, byte[] body, bool known)
    {
        string method = request.HttpMethod, path = request.RawUrl!;
        if (path.StartsWith("/store/", StringComparison.Ordinal))
        {
            Changes.Add($"{method} {path} {(known ? "with" : "without")} token {request.Headers["x-amz-content-sha256"]?[..8]}");
            if (StoreAnswers == 200)
            {
                _parts[int.Parse(path[(path.LastIndexOf('/') + 1)..].Split('?')[0], CultureInfo.InvariantCulture)] = body;
            }

            return (StoreAnswers, []);
        }

        if (path == "/version")
        {
            return Data($"\"version\":\"v1.2.3\",\"apiVersion\":\"{ApiVersion}\"");
        }

        string[] words = path.Split('?')[0].Split('/');
        bool ours = words.Length > 2 && (words[2] is "entities" or "collections" or "containers" or "tags" || (words[2] is "images" or "imagefile" && method != "GET")
            || (words[2] == "images" && path.Contains("/new/", StringComparison.Ordinal)));
        if (!ours || !known || method == "DELETE")
        {
            return null;
        }

        if (method == "GET")
        {
            return _ids.TryGetValue(path.Split('?')[0], out string? id)
                ? Data($"\"id\":\"{id}\"" + (words[2] == "images" ? $",\"uploaded\":{(Stored.Length > 0 ? "true" : "false")}" : "")) : (404, []);
        }

        Changes.Add($"{method} {path} {(words[2] == "imagefile" && words[1] == "v1" ? body.Length.ToString(CultureInfo.InvariantCulture) : Encoding.UTF8.GetString(body))}");
        switch (words[2])
        {
            case "entities" or "collections" or "containers" or "images":
                return Make(words[2], body);
            case "imagefile" when words[1] == "v1":
                Stored = body;
                return (200, []);
            case "imagefile" when path.EndsWith("_multipart", StringComparison.Ordinal) && method == "POST":
                return Data("\"uploadID\":\"u1\",\"totalParts\":2,\"partSize\":41943040,\"options\":{}");
            case "imagefile" when path.EndsWith("_multipart", StringComparison.Ordinal):
                using (JsonDocument part = JsonDocument.Parse(body))
                {
                    return Data($"\"presignedURL\":\"{Place($"{address}/store/{part.RootElement.GetProperty("partNumber").GetInt32()}")}\"");
                }

            case "imagefile" when path.EndsWith("complete", StringComparison.Ordinal):
                Stored = [.. Together()];
                return (200, []);
            case "imagefile" when method == "POST":
                return Data($"\"uploadURL\":\"{Place($"{address}/store/1?X-Amz-SignedHeaders=host%3Bx-amz-content-sha256")}\"");
            default:
                return (200, []);
        }
    }

    private (int, byte[]) Make(string kind, byte[] body)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        string id = $"id-{kind}";
        string path = kind switch
        {
            "entities" => "/v1/entities/new",
            "collections" => "/v1/collections/new/tools",
            "containers" => "/v1/containers/new/tools/one",
            _ => $"/v1/images/new/tools/one:{document.RootElement.GetProperty("hash").GetString()}",
        };
        _ids[path] = id;
        return Data($"\"id\":\"{id}\"");
    }

    private IEnumerable<byte> Together()
    {
        foreach (byte[] part in _parts.Values)
        {
            foreach (byte one in part)
            {
                yield return one;
            }
        }
    }

    private static (int, byte[]) Data(string members) => (200, Encoding.UTF8.GetBytes("{\"data\":{" + members + "}}"));
}

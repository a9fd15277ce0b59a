using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.References;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Auth;

/// <summary>A <c>config.json</c> of Docker: credentials of registries, or the helpers that keep them.</summary>
/// <remarks>
/// <c>{"auths": {HOST: {"auth": base64(user:password) | "identitytoken": …}}, "credHelpers": {HOST: NAME}, "credsStore": NAME}</c>
/// </remarks>
public sealed class CredentialFile
{
    private const int Largest = 4 << 20;
    private const string HubKey = "https://index.docker.io/v1/";
    private readonly string _path;
    private readonly JsonObject _root;

    private CredentialFile(string path, JsonObject root) => (_path, _root) = (path, root);

    /// <summary>Empty where there is no such file.</summary>
    /// <exception cref="UserException">It is no such file.</exception>
    public static CredentialFile Load(string path)
    {
        byte[]? bytes = SmallFile.TryRead(path, Largest);
        try
        {
            return new CredentialFile(path, bytes is null || bytes.Length == 0 ? [] : JsonNode.Parse(bytes)!.AsObject());
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new UserException($"{path} holds no registry credentials: {error.Message}", $"correct it, or remove it: rm {path}", error);
        }
    }

    /// <summary>The hosts that have an entry.</summary>
    public IEnumerable<string> Hosts
    {
        get
        {
            foreach ((string host, _) in Member("auths") ?? [])
            {
                yield return host;
            }
        }
    }

    /// <summary>The credential for a host; null where the file has none.</summary>
    public Credential? Find(string host, IReadOnlyList<string> environment)
    {
        foreach (string key in Keys(host))
        {
            if (Text(Member("credHelpers"), key) is { Length: > 0 } helper)
            {
                return CredentialHelper.Get(helper, key, environment);
            }
        }

        foreach (string key in Keys(host))
        {
            if (Member("auths")?[key] is JsonObject entry)
            {
                if (Text(entry, "identitytoken") is { Length: > 0 } token)
                {
                    return new Credential("<token>", token, IsIdentityToken: true);
                }

                if (Credential.OfBasic(Text(entry, "auth")) is { User.Length: > 0 } credential)
                {
                    return credential;
                }

                if (Text(entry, "username") is { Length: > 0 } user && Text(entry, "password") is { } password)
                {
                    return new Credential(user, password);
                }
            }
        }

        return Text(_root, "credsStore") is { Length: > 0 } store ? CredentialHelper.Get(store, Keys(host)[0], environment) : null;
    }

    /// <summary>Puts a credential in and writes the file, readable by its owner only.</summary>
    public void Set(string host, Credential credential)
    {
        var auths = (JsonObject)(_root["auths"] ??= new JsonObject());
        auths[Keys(host)[0]] = new JsonObject { ["auth"] = credential.Basic };
        Save();
    }

    /// <summary>Takes a host's credential out; false where there was none.</summary>
    public bool Remove(string host)
    {
        bool removed = false;
        foreach (string key in Keys(host))
        {
            removed |= Member("auths")?.Remove(key) ?? false;
        }

        if (removed)
        {
            Save();
        }

        return removed;
    }

    private JsonObject? Member(string name) => _root[name] as JsonObject;

    private static string? Text(JsonObject? json, string name)
        => json?[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    // Docker's own registry goes by several names.
    private static string[] Keys(string host) => host == RegistryReference.DockerHub
        ? [HubKey, "index.docker.io", "docker.io", "registry-1.docker.io", "https://index.docker.io/v1", "https://docker.io"]
        : [host, "https://" + host, "http://" + host, $"https://{host}/v1/", $"https://{host}/v2/"];

    private void Save()
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1 }))
        {
            _root.WriteTo(json);
        }

        try
        {
            // Secrets: never readable by others, not even for the moment between making and chmod.
            string path = FileSystem.RealPath(_path) ?? _path;
            string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
            using (SafeFileHandle file = FileCalls.Open(temporary, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW, 0b110_000_000))
            {
                try
                {
                    FileCalls.Write(file, 0, buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
                    FileCalls.Sync(file);
                    FileCalls.Rename(temporary, path);
                }
                catch
                {
                    FileCalls.Unlink(temporary);
                    throw;
                }
            }
        }
        catch (LinuxException failure)
        {
            throw new UserException($"could not write {_path}: {failure.Message}", $"check its directory: ls -ld {_path}", failure);
        }
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Text.Json;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.References;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Library;

/// <summary>Puts a SIF file into a library; what its path names and the library lacks is made on the way.</summary>
/// <remarks>
/// All answers are <c>{"data": {"id": …}}</c>; what is not there is 404.
/// <code>
/// GET /v1/entities/E  /v1/collections/E/C  /v1/containers/E/C/N        else POST /v1/entities  /v1/collections  /v1/containers
/// GET /v1/images/E/C/N:sha256.HEX?arch=A                               else POST /v1/images; "uploaded" says whether the file is there
/// the file                                                             LibraryFile
/// POST /v2/tags/CONTAINER {"Arch", "Tag", "ImageID"}                   before API 2.0.0-alpha.2: POST /v1/tags/CONTAINER {"Tag", "ImageID"}
/// </code>
/// </remarks>
public sealed class LibraryUpload
{
    private readonly LibraryCalls _calls;
    private readonly LibraryReference _reference;

    private LibraryUpload(LibraryCalls calls, LibraryReference reference) => (_calls, _reference) = (calls, reference);

    /// <param name="architecture">That of the image, by Go's name.</param>
    /// <returns>The image's digest.</returns>
    /// <exception cref="UserException">The library does not take it.</exception>
    public static Digest Push(
        string path, LibraryReference reference, IReadOnlyList<string> tags, string architecture, string description,
        LibraryAddress library, RegistryOptions options)
    {
        if (!FileCalls.TryOpen(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK, out SafeFileHandle file, out Errno errno))
        {
            throw new UserException($"unable to open {path}: {errno.Text()}", $"check its name: ls -l {path}");
        }

        using (file)
        using (var calls = new LibraryCalls(library, options))
        {
            var content = LibraryFile.Of(file);
            try
            {
                new LibraryUpload(calls, reference).Run(content, tags, architecture, description);
            }
            catch (TransferException failure) when (failure.Status is 401 or 403)
            {
                throw new UserException($"{library.Address} does not let this login push to {reference}", "log in: kerr remote login; or push to a path of your own", failure);
            }
            catch (Exception failure) when (failure is TransferException or InvalidDataException)
            {
                throw new UserException($"unable to push to {reference}: {failure.Message}", "try again later; --verbose tells more", failure);
            }

            return content.Digest;
        }
    }

    private void Run(LibraryFile content, IReadOnlyList<string> tags, string architecture, string description)
    {
        string[] names = _reference.Path.Split('/');
        string entity = Id("entities", names[0], [("name", names[0]), ("description", "No description")]);
        string collection = Id("collections", $"{names[0]}/{names[1]}", [("name", names[1]), ("description", "No description"), ("entity", entity)]);
        string container = Id("containers", _reference.Path, [("name", names[2]), ("description", "No description"), ("collection", collection)]);
        string hash = content.Digest.ToString().Replace(':', '.');
        string image = Image(hash, architecture, description, container, out bool uploaded);
        Version version = _calls.Version();
        if (uploaded)
        {
            _calls.Tell("the library has this file already");
        }
        else
        {
            content.Upload(_calls, image, version >= LibraryCalls.DirectUpload);
        }

        foreach (string tag in tags)
        {
            _calls.Send(HttpMethod.Post, version >= LibraryCalls.TagsByArchitecture ? $"/v2/tags/{container}" : $"/v1/tags/{container}",
                version >= LibraryCalls.TagsByArchitecture ? [("Arch", architecture), ("Tag", tag), ("ImageID", image)] : [("Tag", tag), ("ImageID", image)])?.Dispose();
        }
    }

    private string Id(string kind, string path, (string, object)[] members)
    {
        using JsonDocument? found = _calls.Find($"/v1/{kind}/{path}");
        if (found is not null)
        {
            return LibraryCalls.Member(found, "id");
        }

        _calls.Tell($"the library has no {path} yet: making it");
        using JsonDocument made = _calls.Send(HttpMethod.Post, $"/v1/{kind}", members) ?? throw LibraryCalls.NoAnswer;
        return LibraryCalls.Member(made, "id");
    }

    private string Image(string hash, string architecture, string description, string container, out bool uploaded)
    {
        using JsonDocument? found = _calls.Find($"/v1/images/{_reference.Path}:{hash}?arch={Uri.EscapeDataString(architecture)}");
        JsonElement data = found is null ? default : Json.Object(found.RootElement, "data");
        uploaded = data.ValueKind == JsonValueKind.Object && data.TryGetProperty("uploaded", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
        if (found is not null)
        {
            return LibraryCalls.Member(found, "id");
        }

        using JsonDocument made = _calls.Send(HttpMethod.Post, "/v1/images", [("hash", hash), ("description", description), ("container", container)])
            ?? throw LibraryCalls.NoAnswer;
        return LibraryCalls.Member(made, "id");
    }
}

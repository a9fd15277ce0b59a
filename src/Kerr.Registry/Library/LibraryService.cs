using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Text.Json;
using Kerr.Linux;
using Kerr.Registry.Distribution;
using Kerr.Registry.References;
using Kerr.Registry.Remotes;

namespace Kerr.Registry.Library;

/// <summary>A library as a service: what can be asked of it besides its images.</summary>
public sealed class LibraryService(LibraryAddress library, RegistryOptions options)
{
    /// <summary>The images whose names or descriptions match, as <c>entity/collection/name:tag</c> with what they are for.</summary>
    /// <remarks><c>GET /v1/search?value=TEXT&amp;arch=A</c> answers <c>{"data": {"image": [{"entityName", "collectionName", "containerName", "tags": [], "description"}]}}</c>.</remarks>
    /// <param name="signed">Only signed ones.</param>
    public IReadOnlyList<(string Name, string Description)> Search(string text, string architecture, bool signed)
    {
        const int ShortestText = 3;
        if (text.Length < ShortestText)
        {
            throw new UserException($"a library searches for {ShortestText} characters or more", "give a longer text");
        }

        using JsonDocument document = Ask($"/v1/search?value={Uri.EscapeDataString(text)}&arch={Uri.EscapeDataString(architecture)}{(signed ? "&signed=true" : "")}");
        var found = new List<(string, string)>();
        JsonElement data = Json.Object(document.RootElement, "data");
        if (data.ValueKind == JsonValueKind.Object && data.TryGetProperty("image", out JsonElement images) && images.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement image in images.EnumerateArray())
            {
                string name = $"{Json.Text(image, "entityName")}/{Json.Text(image, "collectionName")}/{Json.Text(image, "containerName")}";
                string[] tags = Json.Texts(image, "tags");
                found.Add((tags.Length > 0 ? $"{name}:{string.Join(',', tags)}" : $"{name}:{Json.Text(image, "hash")}", Json.Text(image, "description") ?? ""));
            }
        }

        return found;
    }

    /// <summary>Removes an image of one architecture.</summary>
    public void Delete(LibraryReference reference, string architecture)
    {
        var address = new Uri($"{library.Address}/v1/images/{reference.Path}:{Uri.EscapeDataString(reference.Tag)}?arch={Uri.EscapeDataString(architecture)}");
        try
        {
            using var sender = new HttpSender(options.Retry, options.NoHttps, options.UserAgent, options.Cancel);
            using HttpResponseMessage response = sender.Send(() => new HttpRequestMessage(HttpMethod.Delete, address), library.Authorization);
            if (!response.IsSuccessStatusCode)
            {
                throw (int)response.StatusCode switch
                {
                    401 or 403 => Denied(null),
                    404 => new UserException($"{library.Address} has no {reference} for {architecture}", "check the name, the tag and --arch"),
                    _ => new UserException($"{library.Address} answers {(int)response.StatusCode} {response.ReasonPhrase}", "try again later"),
                };
            }
        }
        catch (TransferException failure)
        {
            throw new UserException($"the library {library.Address} cannot be asked: {failure.Message}", "try again later", failure);
        }
    }

    /// <summary>The secret by which the registry behind the library knows the caller.</summary>
    /// <remarks><c>GET /v1/rbac/users/current</c> answers <c>{"oidc_user_meta": {"secret": …}}</c>.</remarks>
    /// <exception cref="UserException">There is none.</exception>
    public string LoginSecret()
    {
        using JsonDocument document = Ask("/v1/rbac/users/current");
        return Json.Text(Json.Object(document.RootElement, "oidc_user_meta"), "secret") is { Length: > 0 } secret ? secret
            : throw new UserException("the library has set no secret for this user", "set one on its web page");
    }

    private JsonDocument Ask(string path)
    {
        try
        {
            return Json.Parse(EndpointServices.Get(library.Address + path, library.Token.Length > 0 ? library.Token : null, options), "the library's answer");
        }
        catch (TransferException failure) when (failure.Status is 401 or 403)
        {
            throw Denied(failure);
        }
        catch (Exception failure) when (failure is TransferException or InvalidDataException)
        {
            throw new UserException($"the library {library.Address} cannot be asked: {failure.Message}", "try again later", failure);
        }
    }

    private UserException Denied(Exception? failure)
        => new($"{library.Address} {(library.Token.Length > 0 ? "does not accept the token" : "wants a login")}", "log in: kerr remote login", failure);
}

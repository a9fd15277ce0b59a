using System;
using System.Globalization;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text.Json;
using Kerr.Registry.Distribution;

namespace Kerr.Registry.Library;

/// <summary>Requests to a library, with the caller's token; and those to the store that it names, which get none.</summary>
internal sealed class LibraryCalls(LibraryAddress library, RegistryOptions options) : IDisposable
{
    /// <summary>The interface's versions that brought something, 2.0.0-alpha.N as 2.0.0.N: a release is above all of its alphas.</summary>
    internal static readonly Version DirectUpload = new(2, 0, 0, 1), TagsByArchitecture = new(2, 0, 0, 2);

    private readonly HttpSender _sender = new(options.Retry, options.NoHttps, options.UserAgent, options.Cancel);

    internal static InvalidDataException NoAnswer => new("the library's answer is empty");

    internal void Tell(string text) => options.Tell(text);

    /// <summary>What is behind a path; null where there is nothing.</summary>
    internal JsonDocument? Find(string path)
    {
        using HttpResponseMessage response = _sender.Send(() => new HttpRequestMessage(HttpMethod.Get, Address(path)), library.Authorization);
        return (int)response.StatusCode == 404 ? null : Document(response);
    }

    /// <summary>Sends an object of texts, numbers, and <see cref="Action{T}"/> that write more; null where the answer has no body.</summary>
    internal JsonDocument? Send(HttpMethod method, string path, params (string Name, object Value)[] members)
    {
        byte[] body = Body(members);
        using HttpResponseMessage response = _sender.Send(
            () =>
            {
                var content = new ByteArrayContent(body);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                return new HttpRequestMessage(method, Address(path)) { Content = content };
            },
            library.Authorization, once: method == HttpMethod.Post);
        return Document(response);
    }

    /// <summary>Puts bytes where a library says. It may lead to another host, but not from an encrypted connection to a plain one.</summary>
    /// <returns>The store's tag for what it has got.</returns>
    internal string Put(string address, Func<Stream> content, long size, string? sha256)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? place) || place.Scheme is not ("http" or "https")
            || (place.Scheme == "http" && library.Address.StartsWith("https:", StringComparison.Ordinal)))
        {
            throw new InvalidDataException($"the library sends the file to {address}, which is no address, or not encrypted");
        }

        using HttpResponseMessage response = _sender.Send(
            () =>
            {
                HttpRequestMessage request = Upload(HttpMethod.Put, place, content(), size);
                if (sha256 is not null)
                {
                    request.Headers.TryAddWithoutValidation("x-amz-content-sha256", sha256);
                }

                return request;
            },
            authorization: null);
        if (!response.IsSuccessStatusCode)
        {
            throw Refusal(response);
        }

        return response.Headers.TryGetValues("ETag", out System.Collections.Generic.IEnumerable<string>? tags) ? string.Join(',', tags) : "";
    }

    /// <summary>Posts bytes to the library itself.</summary>
    internal void Post(string path, Func<Stream> content, long size)
    {
        using HttpResponseMessage response = _sender.Send(() => Upload(HttpMethod.Post, Address(path), content(), size), library.Authorization);
        Document(response)?.Dispose();
    }

    /// <summary>The version of the interface; 0.0 where the library does not tell.</summary>
    internal Version Version()
    {
        using HttpResponseMessage response = _sender.Send(() => new HttpRequestMessage(HttpMethod.Get, Address("/version")), library.Authorization);
        using JsonDocument? document = response.IsSuccessStatusCode ? Document(response) : null;
        return document is null ? new Version(0, 0) : ParseVersion(Json.Text(Json.Object(document.RootElement, "data"), "apiVersion") ?? "");
    }

    /// <summary>Reads <c>2.0.0-alpha.2</c>; what follows a + does not count.</summary>
    internal static Version ParseVersion(string text)
    {
        string[] parts = text.Split('+')[0].Split('-', 2);
        if (!System.Version.TryParse(parts[0], out Version? version) || version.Build < 0 || version.Revision >= 0)
        {
            return new Version(0, 0);
        }

        // An alpha's number, and all later stages above it: alphabetically, as semver.org orders them.
        bool alpha = parts.Length > 1 && parts[1].StartsWith("alpha", StringComparison.Ordinal);
        int stage = !alpha ? int.MaxValue : int.TryParse(parts[1].AsSpan(Math.Min(6, parts[1].Length)), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
        return new Version(version.Major, version.Minor, version.Build, stage);
    }

    internal static string Member(JsonDocument document, string name)
        => Json.Text(Json.Object(document.RootElement, "data"), name) is { Length: > 0 } text ? text
            : throw new InvalidDataException($"the library's answer has no {name}");

    public void Dispose() => _sender.Dispose();

    private Uri Address(string path)
        => Uri.TryCreate(library.Address + path, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" ? address
            : throw new InvalidDataException($"{library.Address} is no address of a library");

    private static HttpRequestMessage Upload(HttpMethod method, Uri place, Stream bytes, long size)
    {
        var content = new StreamContent(bytes, 1 << 20);
        content.Headers.ContentLength = size;
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return new HttpRequestMessage(method, place) { Content = content };
    }

    private static JsonDocument? Document(HttpResponseMessage response)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw Refusal(response);
        }

        byte[] body = RegistryHost.ReadLimited(response, 1 << 20);
        return body.Length == 0 ? null : Json.Parse(body, "the library's answer");
    }

    /// <summary>In the words of the library, where it has some: <c>{"error": {"message": …}}</c>.</summary>
    private static TransferException Refusal(HttpResponseMessage response)
    {
        string? words = null;
        try
        {
            using JsonDocument document = Json.Parse(RegistryHost.ReadLimited(response, 1 << 16), "the answer");
            words = Json.Text(Json.Object(document.RootElement, "error"), "message");
        }
        catch (Exception failure) when (failure is InvalidDataException or TransferException)
        {
            // The status says enough.
        }

        string status = $"{response.RequestMessage?.RequestUri?.Host} answers {(int)response.StatusCode} {response.ReasonPhrase}";
        return new TransferException(words is null ? status : $"{status}: {words}", (int)response.StatusCode);
    }

    private static byte[] Body((string Name, object Value)[] members)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach ((string name, object value) in members)
            {
                json.WritePropertyName(name);
                switch (value)
                {
                    case long number:
                        json.WriteNumberValue(number);
                        break;
                    case Action<Utf8JsonWriter> write:
                        write(json);
                        break;
                    default:
                        json.WriteStringValue((string)value);
                        break;
                }
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}

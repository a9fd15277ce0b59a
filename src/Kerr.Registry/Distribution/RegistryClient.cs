using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using Kerr.Linux;
using Kerr.Registry.References;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Distribution;

/// <summary>A manifest as a registry gave it, held against its digest.</summary>
public sealed record FetchedManifest(byte[] Bytes, string? MediaType, Digest Digest);

/// <summary>The repository of one image in a registry. OCI distribution specification.</summary>
public sealed class RegistryClient(RegistryReference reference, bool insecure, RegistryOptions options) : IDisposable
{
    private readonly RegistryHost _host = new(reference.Host, insecure, options);

    public RegistryReference Reference => reference;

    /// <param name="name">A tag or a digest.</param>
    /// <exception cref="UserException">There is none, or the caller may not have it.</exception>
    public FetchedManifest GetManifest(string name)
    {
        using HttpResponseMessage response = Send(HttpMethod.Get, $"manifests/{name}", "pull", request =>
        {
            foreach (string type in (ReadOnlySpan<string>)[ImageManifest.OciManifest, ImageManifest.OciIndex, ImageManifest.DockerManifest, ImageManifest.DockerList])
            {
                request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
            }
        });
        Check(response, $"{reference.Host}/{reference.Repository} has no image {name}");
        byte[] bytes = RegistryHost.ReadLimited(response, ImageManifest.Largest);
        Digest digest = Digest.Of(bytes);
        if (Digest.TryParse(name, out Digest asked))
        {
            digest = asked.Matches(bytes) ? asked : throw Different(asked.ToString());
        }

        foreach (string told in RegistryHost.Values(response, "Docker-Content-Digest"))
        {
            if (!Digest.TryParse(told, out Digest said) || !said.Matches(bytes))
            {
                throw Different(told);
            }
        }

        return new FetchedManifest(bytes, response.Content.Headers.ContentType?.MediaType, digest);

        UserException Different(string expected) => new($"{reference.Host} gives another manifest for {name} than {expected}", "tell the administrator of that registry; do not use the image");
    }

    /// <summary>Fetches a blob into an empty file.</summary>
    /// <param name="progress">Told of bytes as they come; less than 0 when some have to come again.</param>
    public void GetBlob(BlobDescriptor blob, SafeFileHandle file, Action<long> progress)
    {
        HttpResponseMessage Fetch(Action<HttpRequestMessage> prepare)
        {
            HttpResponseMessage response = Send(HttpMethod.Get, $"blobs/{blob.Digest}", "pull", prepare);
            if ((int)response.StatusCode is 401 or 403 or 404)
            {
                Check(response, $"{reference.Host}/{reference.Repository} has not the content {blob.Digest}");
            }

            return response;
        }

        bool large = options.Concurrency > 1 && options.PartSize > 0 && blob.Size / 2 >= options.PartSize;
        if (!large || !new PartedDownload(_host.Sender, Fetch, blob, progress).To(file, options.PartSize, options.Concurrency))
        {
            new BlobDownload(_host.Sender, Fetch, blob, progress).To(file);
        }
    }

    public bool HasBlob(Digest digest)
    {
        using HttpResponseMessage response = Send(HttpMethod.Head, $"blobs/{digest}", "pull,push", null);
        return response.IsSuccessStatusCode;
    }

    /// <summary>Puts a blob into the repository, in one piece.</summary>
    /// <param name="open">Opens its content, for each attempt anew.</param>
    public void PutBlob(BlobDescriptor blob, Func<Stream> open)
    {
        if (HasBlob(blob.Digest))
        {
            options.Tell($"{reference.Host} has {blob.Digest} already");
            return;
        }

        for (int failures = 1; ; failures++)
        {
            using HttpResponseMessage start = Send(HttpMethod.Post, "blobs/uploads/", "pull,push", null);
            Check(start, $"{reference.Host} takes no content for {reference.Repository}");
            if (start.Headers.Location is not { } location)
            {
                throw new TransferException($"{reference.Host} does not say where to put content");
            }

            Uri place = new(_host.Address("/v2/"), location);
            string query = $"digest={Uri.EscapeDataString(blob.Digest.ToString())}";
            var target = new UriBuilder(place) { Query = place.Query.Length > 1 ? $"{place.Query[1..]}&{query}" : query };
            try
            {
                using HttpResponseMessage response = _host.Send(HttpMethod.Put, target.Uri, Scope("pull,push"), request =>
                {
                    request.Content = new StreamContent(open(), 1 << 17);
                    request.Content.Headers.ContentLength = blob.Size;
                    request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                }, once: true);
                Check(response, $"{reference.Host} does not take {blob.Digest}");
                return;
            }
            catch (TransferException) when (failures < options.Retry.Attempts)
            {
                options.Retry.Pause(failures, null, options.Cancel);
            }
        }
    }

    public void PutManifest(byte[] manifest, string mediaType, string name)
    {
        using HttpResponseMessage response = Send(HttpMethod.Put, $"manifests/{name}", "pull,push", request =>
        {
            request.Content = new ByteArrayContent(manifest);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        });
        Check(response, $"{reference.Host} does not take the manifest of {reference}");
    }

    /// <summary>Removes a manifest, and with it all of its tags; its content goes when the registry collects garbage.</summary>
    /// <exception cref="UserException">The registry does not do that.</exception>
    public void DeleteManifest(Digest digest)
    {
        using HttpResponseMessage response = Send(HttpMethod.Delete, $"manifests/{digest}", "pull,delete", null);
        if ((int)response.StatusCode is 405 or 400)
        {
            throw new UserException($"{reference.Host} does not let images be deleted", "ask its administrator: deletion has to be turned on there");
        }

        Check(response, $"{reference.Host}/{reference.Repository} has no image {digest}");
    }

    /// <summary>The tags of the repository, sorted.</summary>
    public IReadOnlyList<string> Tags()
    {
        using HttpResponseMessage response = Send(HttpMethod.Get, "tags/list", "pull", null);
        Check(response, $"{reference.Host} has no repository {reference.Repository}");
        using var document = Json.Parse(RegistryHost.ReadLimited(response, ImageManifest.Largest), "the list of tags");
        string[] tags = Json.Texts(document.RootElement, "tags");
        Array.Sort(tags, StringComparer.Ordinal);
        return tags;
    }

    public void Dispose() => _host.Dispose();

    private string Scope(string actions) => $"repository:{reference.Repository}:{actions}";

    private HttpResponseMessage Send(HttpMethod method, string path, string actions, Action<HttpRequestMessage>? prepare)
        => _host.Send(method, _host.Address($"/v2/{reference.Repository}/{path}"), Scope(actions), prepare);

    private void Check(HttpResponseMessage response, string notFound)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        throw (int)response.StatusCode switch
        {
            401 or 403 => _host.Denied(),
            404 => new UserException(notFound, "check the name and the tag"),
            _ => new TransferException($"{reference.Host} answers {(int)response.StatusCode} {response.ReasonPhrase}{Reason(response)}", (int)response.StatusCode),
        };
    }

    // {"errors": [{"code": …, "message": …}]}
    private static string Reason(HttpResponseMessage response)
    {
        try
        {
            using var document = Json.Parse(RegistryHost.ReadLimited(response, 1 << 16), "the answer");
            foreach (var error in document.RootElement.GetProperty("errors").EnumerateArray())
            {
                if (Json.Text(error, "message") is { } message)
                {
                    return $": {message}";
                }
            }
        }
        catch (Exception failure) when (failure is InvalidDataException or KeyNotFoundException or InvalidOperationException or IOException)
        {
            // It said nothing that could be passed on.
        }

        return "";
    }
}

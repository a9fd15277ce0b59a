using System;
using System.IO;
using System.Net.Http;
using System.Text.Json;
using Kerr.Linux;
using Kerr.Registry.Distribution;
using Kerr.Registry.References;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Library;

/// <summary>A SIF file in a library: a service that knows images by entity, collection, name, tag and architecture.</summary>
/// <remarks>
/// <c>GET /v1/images/PATH:TAG?arch=A</c> answers <c>{"data": {"hash": "sha256.HEX", "size": N, …}}</c>, and
/// <c>GET /v1/imagefile/PATH:TAG?arch=A</c> the file, by a redirect to where it is stored.
/// </remarks>
public sealed class LibraryImage
{
    private readonly string _file;
    private readonly LibraryAddress _library;
    private readonly RegistryOptions _options;

    private LibraryImage(string file, Digest digest, LibraryAddress library, RegistryOptions options)
        => (_file, Digest, _library, _options) = (file, digest, library, options);

    public Digest Digest { get; }

    /// <exception cref="UserException">There is no such image.</exception>
    public static LibraryImage Find(LibraryReference reference, Platform platform, LibraryAddress library, RegistryOptions options)
    {
        string address = library.Address;
        string query = $"{reference.Path}:{Uri.EscapeDataString(reference.Tag)}?arch={platform.Architecture}";
        using var sender = new HttpSender(options.Retry, options.NoHttps, options.UserAgent, options.Cancel);
        if (!Uri.TryCreate($"{address}/v1/images/{query}", UriKind.Absolute, out Uri? image) || image.Scheme is not ("http" or "https"))
        {
            throw new UserException($"{address} is no address of a library", "write it like this: https://library.example.org");
        }

        try
        {
            using HttpResponseMessage response = sender.Send(() => new HttpRequestMessage(HttpMethod.Get, image), library.Authorization);
            if (!response.IsSuccessStatusCode)
            {
                throw new UserException(
                    (int)response.StatusCode == 404 ? $"{address} has no {reference} for {platform.Architecture}" : $"{address} answers {(int)response.StatusCode} {response.ReasonPhrase}",
                    "check the name and the tag");
            }

            using JsonDocument document = Json.Parse(RegistryHost.ReadLimited(response, 1 << 20), "the library's answer");
            string hash = Json.Text(Json.Object(document.RootElement, "data"), "hash") ?? "";
            return new LibraryImage($"{address}/v1/imagefile/{query}", Digest.Parse(hash.Replace("sha256.", "sha256:", StringComparison.Ordinal)), library, options);
        }
        catch (Exception failure) when (failure is TransferException or InvalidDataException)
        {
            throw new UserException($"could not get {reference} from {address}: {failure.Message}", "try again later", failure);
        }
    }

    /// <summary>Fetches the SIF file into an empty file.</summary>
    public void To(SafeFileHandle file, Action<long> progress)
    {
        using FileDownload download = FileDownload.Start(_file, _options, _library.Token.Length > 0 ? _library.Token : null);
        Digest found = download.To(file, progress);
        if (found != Digest)
        {
            throw new UserException($"the library gave a file with the digest {found} instead of {Digest}", "try again; do not use that library if it happens again");
        }
    }
}

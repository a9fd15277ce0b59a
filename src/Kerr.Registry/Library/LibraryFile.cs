using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Net.Http;
using System.Security.Cryptography;
using System.Text.Json;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.Layers;
using Kerr.Registry.References;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Library;

/// <summary>The bytes of an image on their way into a library's store.</summary>
/// <remarks>
/// <code>
/// up to 64 MiB   POST /v2/imagefile/ID {"filesize", "sha256sum", "md5sum"} → "uploadURL"; PUT the file there; PUT /v2/imagefile/ID/_complete
/// above          POST …/_multipart {"filesize"} → "uploadID", "totalParts", "partSize"; for each part
///                PUT …/_multipart {"partSize", "uploadID", "partNumber", "sha256sum"} → "presignedURL", PUT the part there;
///                PUT …/_multipart_complete {"uploadID", "completedParts": [{"partNumber", "token"}]}, or …/_multipart_abort
/// old libraries  POST /v1/imagefile/ID, the file
/// </code>
/// </remarks>
internal sealed class LibraryFile
{
    private const long LargestWhole = 64L << 20;
    private readonly SafeFileHandle _file;
    private readonly long _size;
    private readonly string _md5;

    private LibraryFile(SafeFileHandle file, long size, Digest digest, string md5) => (_file, _size, Digest, _md5) = (file, size, digest, md5);

    internal Digest Digest { get; }

    [SuppressMessage("Security", "CA5351", Justification = "for stores that compare nothing else; what counts is SHA-256")]
    internal static LibraryFile Of(SafeFileHandle file)
    {
        long size = FileCalls.Status(file).Size;
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        using var stream = new FileRangeStream(file, 0, size, owns: false);
        byte[] buffer = new byte[1 << 20];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            sha256.AppendData(buffer, 0, read);
            md5.AppendData(buffer, 0, read);
        }

        return new LibraryFile(file, size, Digest.OfHash(sha256.GetHashAndReset()), Convert.ToHexStringLower(md5.GetHashAndReset()));
    }

    /// <param name="image">The library's id of the image.</param>
    /// <param name="direct">The library names a place in its store.</param>
    internal void Upload(LibraryCalls calls, string image, bool direct)
    {
        if (!direct)
        {
            calls.Post($"/v1/imagefile/{image}", () => Part(0, _size), _size);
        }
        else if (_size <= LargestWhole || !UploadParts(calls, image))
        {
            UploadWhole(calls, image);
        }
    }

    private FileRangeStream Part(long from, long size) => new(_file, from, size, owns: false);

    private void UploadWhole(LibraryCalls calls, string image)
    {
        string sha256 = Digest.ToString()["sha256:".Length..];
        using JsonDocument begun = calls.Send(HttpMethod.Post, $"/v2/imagefile/{image}", ("filesize", _size), ("md5sum", _md5), ("sha256sum", sha256)) ?? throw LibraryCalls.NoAnswer;
        string address = LibraryCalls.Member(begun, "uploadURL");
        calls.Put(address, () => Part(0, _size), _size, SignsHash(address) ? sha256 : null);
        calls.Send(HttpMethod.Put, $"/v2/imagefile/{image}/_complete")?.Dispose();
    }

    /// <summary>Whether the signature of a place covers the header with the hash, which must be sent then.</summary>
    private static bool SignsHash(string address)
        => address.Contains("X-Amz-SignedHeaders=", StringComparison.OrdinalIgnoreCase) && Uri.UnescapeDataString(address).Contains("x-amz-content-sha256", StringComparison.Ordinal);

    /// <summary>Uploads in the parts that the library asks for; false where it knows no parts.</summary>
    private bool UploadParts(LibraryCalls calls, string image)
    {
        string path = $"/v2/imagefile/{image}/_multipart";
        JsonDocument? begun;
        try
        {
            begun = calls.Send(HttpMethod.Post, path, ("filesize", _size));
        }
        catch (TransferException failure) when (failure.Status == 404)
        {
            return false;
        }

        using (begun)
        {
            JsonElement data = Json.Object(begun?.RootElement ?? throw LibraryCalls.NoAnswer, "data");
            string upload = LibraryCalls.Member(begun, "uploadID");
            long partSize = data.TryGetProperty("partSize", out JsonElement given) && given.TryGetInt64(out long number) ? number : 0;
            if (partSize < 1 << 20)
            {
                throw new InvalidDataException($"the library wants parts of {partSize} bytes");
            }

            bool signs = Json.Text(Json.Object(data, "options"), "s3compliant") is null or "" or "true";
            try
            {
                List<string> tokens = [];
                for (long at = 0; at < _size; at += partSize)
                {
                    tokens.Add(UploadPart(calls, path, upload, tokens.Count + 1, at, Math.Min(partSize, _size - at), signs));
                }

                calls.Send(HttpMethod.Put, path + "_complete", ("uploadID", upload), ("completedParts", (Action<Utf8JsonWriter>)(json => Write(json, tokens))))?.Dispose();
            }
            catch (Exception failure) when (failure is TransferException or InvalidDataException)
            {
                calls.Tell($"giving up the parts: {failure.Message}");
                Abort(calls, path, upload);
                throw;
            }
        }

        return true;
    }

    private string UploadPart(LibraryCalls calls, string path, string upload, int number, long at, long size, bool signs)
    {
        string hash = "";
        if (signs)
        {
            using FileRangeStream part = Part(at, size);
            hash = Convert.ToHexStringLower(SHA256.HashData(part));
        }

        using JsonDocument place = calls.Send(
            HttpMethod.Put, path, ("partSize", size), ("uploadID", upload), ("partNumber", (long)number), ("sha256sum", hash)) ?? throw LibraryCalls.NoAnswer;
        return calls.Put(LibraryCalls.Member(place, "presignedURL"), () => Part(at, size), size, signs ? hash : null);
    }

    private static void Write(Utf8JsonWriter json, List<string> tokens)
    {
        json.WriteStartArray();
        for (int i = 0; i < tokens.Count; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("partNumber", i + 1);
            json.WriteString("token", tokens[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Abort(LibraryCalls calls, string path, string upload)
    {
        try
        {
            calls.Send(HttpMethod.Put, path + "_abort", ("uploadID", upload))?.Dispose();
        }
        catch (Exception failure) when (failure is TransferException or InvalidDataException)
        {
            calls.Tell($"the library does not let go of the parts: {failure.Message}");
        }
    }
}

using System.IO;
using System.Text.Json;
using Kerr.Registry.References;

namespace Kerr.Registry.Distribution;

/// <summary>What a manifest says about some content: kind, digest, length. OCI image specification, descriptor.md.</summary>
public sealed record BlobDescriptor(string MediaType, Digest Digest, long Size)
{
    /// <summary>What no blob is ever longer than: a number above this is an attack on whoever sums or allocates.</summary>
    private const long LargestSize = 1L << 46;

    internal static BlobDescriptor Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException("a descriptor in a manifest is no object");
        }

        string mediaType = Json.Text(json, "mediaType") ?? "";
        Digest digest = Digest.Parse(Json.Text(json, "digest"));
        if (!json.TryGetProperty("size", out JsonElement size) || size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out long length)
            || length is < 0 or > LargestSize)
        {
            throw new InvalidDataException($"the descriptor of {digest} has no size");
        }

        return new BlobDescriptor(mediaType, digest, length);
    }
}

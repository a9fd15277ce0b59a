using System;
using System.Buffers;
using System.IO;
using System.Security.Cryptography;

namespace Kerr.Registry.References;

/// <summary>The name of content by its hash: <c>sha256:</c> or <c>sha512:</c> and lower-case hexadecimal digits.</summary>
/// <remarks>
/// OCI image specification, descriptor.md. A digest becomes part of paths and URLs, so nothing else is ever let through
/// (CVE-2024-3727: digests used unchecked).
/// </remarks>
public readonly record struct Digest
{
    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdef");

    private Digest(string algorithm, string hex) => (Algorithm, Hex) = (algorithm, hex);

    public string Algorithm { get; }

    public string Hex { get; }

    /// <summary>The digest of these bytes, by SHA-256.</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes) => OfHash(SHA256.HashData(bytes));

    /// <summary>A digest from the 32 bytes of a SHA-256 hash.</summary>
    public static Digest OfHash(ReadOnlySpan<byte> hash) => new("sha256", Convert.ToHexStringLower(hash));

    public static bool TryParse(string? text, out Digest digest)
    {
        digest = default;
        int colon = text?.IndexOf(':') ?? -1;
        if (colon < 0)
        {
            return false;
        }

        string algorithm = text![..colon], hex = text[(colon + 1)..];
        int length = algorithm switch { "sha256" => 64, "sha512" => 128, _ => -1 };
        if (hex.Length != length || hex.AsSpan().ContainsAnyExcept(s_hex))
        {
            return false;
        }

        digest = new Digest(algorithm, hex);
        return true;
    }

    /// <exception cref="InvalidDataException">The text is no digest of a kind that is known.</exception>
    public static Digest Parse(string? text)
        => TryParse(text, out Digest digest) ? digest : throw new InvalidDataException($"\"{text}\" is no sha256 or sha512 digest");

    /// <summary>A hash that content is fed to, for comparison with this digest.</summary>
    public IncrementalHash StartHash()
        => IncrementalHash.CreateHash(Algorithm == "sha512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);

    public bool Matches(ReadOnlySpan<byte> content)
        => Hex == Convert.ToHexStringLower(Algorithm == "sha512" ? SHA512.HashData(content) : SHA256.HashData(content));

    public override string ToString() => $"{Algorithm}:{Hex}";
}

using System;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.References;

namespace Kerr.Registry.Cache;

/// <summary>What URIs stood for when they were last asked for: the entry of the cache that holds the image.</summary>
/// <remarks>
/// <c>cache/known/HASH</c>, by the hash of URI and platform: <c>oci-tmp KEY</c>. It answers where nobody may be asked, and where nobody
/// need be, because the URI has a digest in it.
/// </remarks>
public sealed class KnownImages(ImageCache cache)
{
    private const string Directory = "known";

    /// <summary>Notes what a URI stands for. What cannot be noted has to be asked for again.</summary>
    public void Note(string uri, Platform platform, CacheKind kind, string key)
    {
        string path = PathOf(uri, platform), text = $"{ImageCache.NameOf(kind)} {key}\n";
        if (SmallFile.TryRead(path, 256) is { } old && Encoding.Latin1.GetString(old) == text)
        {
            return;
        }

        try
        {
            UserDirectory.MakePrivate($"{cache.Root}/{Directory}");
            using var file = new UnnamedFile(path, mode: 0b110_000_000);
            FileCalls.Write(file.File, 0, Encoding.Latin1.GetBytes(text));
            file.Publish();
        }
        catch (LinuxException)
        {
            // No room, or no right to write: the image is there all the same.
        }
    }

    /// <summary>The file of a URI's image; null when it is not known, or not there any more.</summary>
    public string? Find(string uri, Platform platform)
    {
        if (SmallFile.TryRead(PathOf(uri, platform), 256) is not { } bytes)
        {
            return null;
        }

        string[] parts = Encoding.Latin1.GetString(bytes).TrimEnd('\n').Split(' ');
        foreach (CacheKind kind in ImageCache.Kinds)
        {
            if (parts.Length == 2 && ImageCache.NameOf(kind) == parts[0] && parts[1].Length > 0 && !parts[1].AsSpan().ContainsAnyExcept(s_hexadecimal))
            {
                return cache.Find(cache.PathOf(kind, parts[1]));
            }
        }

        return null;
    }

    private static readonly System.Buffers.SearchValues<char> s_hexadecimal = System.Buffers.SearchValues.Create("0123456789abcdef");

    private string PathOf(string uri, Platform platform)
        => $"{cache.Root}/{Directory}/{Digest.Of(Encoding.Latin1.GetBytes($"{uri}\n{platform}")).Hex}";
}

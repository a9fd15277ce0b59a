using System;
using System.Globalization;
using System.Threading;
using Kerr.Build.Assembly;
using Kerr.Cli.Console;
using Kerr.Cli.Options.Actions;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Cache;
using Kerr.Registry.Distribution;
using Kerr.Registry.Library;
using Kerr.Registry.Oras;
using Kerr.Registry.References;
using Kerr.Registry.Sources;
using Kerr.Runtime.Configuration;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Cli.Commands.Transfers;

/// <summary>From a URI to a file that can be run: found, fetched, converted where it has layers, and kept in the cache.</summary>
internal sealed class ImageFetch : IDisposable
{
    private readonly ImageCache? _cache;
    private readonly string? _file;
    private readonly Action<UnnamedFile, TransferDisplay> _make;
    private readonly CacheKind _kind;
    private readonly string? _key;
    private readonly IDisposable? _source;

    /// <param name="key">The name in the cache; null for what has none that stands for its content.</param>
    private ImageFetch(ImageCache? cache, CacheKind kind, string? key, IDisposable? source, Action<UnnamedFile, TransferDisplay> make)
        => (_cache, _kind, _key, _source, _make) = (cache, kind, key, source, make);

    /// <summary>An image that is in the cache already.</summary>
    private ImageFetch(ImageCache cache, string file)
    {
        _cache = cache;
        _file = file;
        _make = static (_, _) => { };
    }

    /// <summary>Finds out what a URI stands for at this moment; nothing is fetched yet but that.</summary>
    /// <remarks>Nobody is asked when the cache has an image whose digest the URI names, or with --offline.</remarks>
    internal static ImageFetch Find(Invocation invocation, SiteConfiguration configuration, ImageUri uri, Platform platform, string? library = null)
    {
        ImageCache? cache = TransferSetup.Cache(invocation, configuration);
        bool remote = uri.Transport is Transport.Docker or Transport.Oras or Transport.Library or Transport.Http or Transport.Https or Transport.DockerDaemon;
        bool offline = invocation.Values.Flag(ImageOptions.Offline);
        if (cache is null || !remote)
        {
            return offline && remote ? throw NotHere(uri) : Ask(invocation, configuration, cache, uri, platform, library);
        }

        var known = new KnownImages(cache);
        if ((offline || NamesDigest(uri)) && known.Find(Name(uri), platform) is { } file)
        {
            return new ImageFetch(cache, file);
        }

        if (offline)
        {
            throw NotHere(uri);
        }

        ImageFetch found = Ask(invocation, configuration, cache, uri, platform, library);
        if (found._key is { } key)
        {
            known.Note(Name(uri), platform, found._kind, key);
        }

        return found;
    }

    // With what it leaves out: docker://alpine is docker://index.docker.io/library/alpine:latest.
    private static string Name(ImageUri uri) => uri.Transport switch
    {
        Transport.Docker or Transport.Oras => $"{uri.Scheme}://{RegistryReference.Parse(uri.Rest)}",
        Transport.Library => LibraryReference.Parse(uri.Rest).ToString(),
        _ => uri.ToString(),
    };

    // What such a URI stands for cannot change.
    private static bool NamesDigest(ImageUri uri) => uri.Transport switch
    {
        Transport.Docker or Transport.Oras => RegistryReference.Parse(uri.Rest).Digest is not null,
        Transport.Library => LibraryReference.Parse(uri.Rest).Tag.StartsWith("sha256.", StringComparison.Ordinal),
        _ => false,
    };

    private static UserException NotHere(ImageUri uri)
        => new($"{uri} is not in the cache, and --offline lets nobody be asked for it", "pull it once where the network may be used, or leave out --offline");

    private static ImageFetch Ask(
        Invocation invocation, SiteConfiguration configuration, ImageCache? cache, ImageUri uri, Platform platform, string? library)
    {
        RegistryOptions options = TransferSetup.Options(invocation, configuration);
        string temporary = UriBuild.TemporaryDirectory(invocation);
        switch (uri.Transport)
        {
            case Transport.Docker:
                RegistryImage image = RegistryImage.Find(RegistryReference.Parse(uri.Rest), platform, options);
                return new ImageFetch(cache, CacheKind.OciTmp, image.Digest.Hex, image, (file, display) =>
                {
                    using OciImage fetched = image.Fetch(Store(cache, temporary), display.Start, display.Add);
                    Convert(fetched, file, uri, configuration);
                });

            case Transport.Oras:
                RegistryImage artifact = RegistryImage.Find(RegistryReference.Parse(uri.Rest), platform, options);
                BlobDescriptor layer = OrasImage.LayerOf(artifact.Manifest, uri.ToString());
                return new ImageFetch(cache, CacheKind.Oras, layer.Digest.Hex, artifact, (file, display) =>
                {
                    cache?.NeedSpace(layer.Size);
                    display.Start(layer.Size);
                    artifact.Get(layer, file.File, display.Add);
                });

            case Transport.Library:
                LibraryReference reference = LibraryReference.Parse(uri.Rest);
                LibraryImage entry = LibraryImage.Find(reference, platform, LibraryChoice.For(invocation, reference, library), options);
                return new ImageFetch(cache, CacheKind.Library, entry.Digest.Hex, null, (file, display) => entry.To(file.File, display.Add));

            case Transport.Http or Transport.Https:
                FileDownload download = FileDownload.Start(uri.ToString(), options);
                return new ImageFetch(cache, CacheKind.Net, download.CacheKey, download, (file, display) =>
                {
                    cache?.NeedSpace(download.Length ?? 0);
                    display.Start(download.Length ?? 0);
                    _ = download.To(file.File, display.Add);
                });

            case Transport.DockerDaemon:
                DockerDaemon daemon = DockerDaemon.Find(uri.Rest, invocation.Values.Text(ImageOptions.DockerHost), options);
                return new ImageFetch(cache, CacheKind.OciTmp, daemon.Id.Hex, daemon, (file, display) =>
                {
                    using OciImage saved = daemon.Open(platform, temporary, display.Add);
                    Convert(saved, file, uri, configuration);
                });

            case Transport.Unserved or Transport.Unknown or Transport.Dockerfile:
                throw new UserException($"{uri} cannot be fetched: {uri.Scheme} is not a source that this version knows", "known are docker, oras, library, http, https, oci, oci-archive, docker-archive and docker-daemon");

            default:
                OciImage local = UriBuild.Open(uri, platform, temporary);
                return new ImageFetch(cache, CacheKind.OciTmp, local.Manifest?.Hex, local, (file, _) => Convert(local, file, uri, configuration));
        }
    }

    /// <summary>The file that an action shall run instead of a URI.</summary>
    /// <param name="architecture">By Go's name; none for the host's.</param>
    internal static string ForAction(Invocation invocation, SiteConfiguration configuration, ImageUri uri, string architecture = "", string? library = null)
    {
        using ImageFetch fetch = Find(invocation, configuration, uri, Platform.Parse(architecture.Length == 0 ? SifArchitecture.Host : architecture), library);
        return fetch.Kept(invocation);
    }

    /// <summary>The file that a definition starts from, of layers that are at hand.</summary>
    internal static string OfLayers(Invocation invocation, SiteConfiguration configuration, ImageUri uri, OciImage image)
    {
        using var fetch = new ImageFetch(
            TransferSetup.Cache(invocation, configuration), CacheKind.OciTmp, image.Manifest?.Hex, null, (file, _) => Convert(image, file, uri, configuration));
        return fetch.Kept(invocation);
    }

    private string Kept(Invocation invocation)
    {
        if (_file is not null || (_cache is not null && _key is not null))
        {
            return InCache();
        }

        // Without a cache the file has no name, and is gone when nobody runs it any more.
        using var file = new UnnamedFile($"{UriBuild.TemporaryDirectory(invocation)}/image");
        Make(file);
        SafeFileHandle kept = file.Release();
        return string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{kept.DangerousGetHandle()}");
    }

    /// <summary>Puts the image at a path of the caller's, by way of the cache.</summary>
    internal void To(string target, bool overwrite)
    {
        RefuseTarget(target, overwrite);
        try
        {
            using var file = new UnnamedFile(target);
            if (_file is null && (_cache is null || _key is null))
            {
                Make(file);
            }
            else
            {
                using SafeFileHandle cached = FileCalls.Open(InCache(), OpenFlags.O_RDONLY);
                NeedSpace(target, FileCalls.Status(cached).Size);
                FileCalls.Copy(cached, file.File);
            }

            file.Publish();
        }
        catch (LinuxException failure)
        {
            throw SifAssembly.CannotWrite(target, failure);
        }
    }

    internal static void RefuseTarget(string target, bool overwrite)
    {
        if (FileSystem.TryStat(target) is { } status && (status.IsDirectory || !overwrite))
        {
            throw new UserException(
                $"image file already exists: \"{target}\" - will not overwrite", status.IsDirectory ? "it is a directory: give the image another name" : "give the image another name, or add --force to replace it");
        }
    }

    public void Dispose() => _source?.Dispose();

    internal static IBlobStore Store(ImageCache? cache, string temporary) => cache is null ? new TemporaryBlobs(temporary) : new CachedBlobs(cache);

    private string InCache()
    {
        string path = _file ?? _cache!.PathOf(_kind, _key!);
        if ((_file ?? _cache!.Find(path)) is { } found)
        {
            Log.Info("Using cached SIF image");
            Log.Verbose($"Using image from cache: {found}");
            return found;
        }

        return _cache!.Get(path, Make, CancellationToken.None, static () => Log.Info("another process makes this image: waiting for it"));
    }

    private static void NeedSpace(string target, long bytes)
    {
        string directory = target.LastIndexOf('/') is >= 0 and var slash ? target[..(slash + 1)] : ".";
        if (FileSystem.FreeBytes(directory) is { } free && free < bytes)
        {
            throw new UserException(
                $"{target} needs {bytes >> 20} MiB, and the file system of its directory has {free >> 20} MiB left", "make room there, or name a file elsewhere");
        }
    }

    private void Make(UnnamedFile file)
    {
        if (_kind == CacheKind.Net)
        {
            Log.Info("Downloading network image");
        }

        using var display = new TransferDisplay();
        _make(file, display);
    }

    private static void Convert(OciImage image, UnnamedFile file, ImageUri uri, SiteConfiguration configuration)
    {
        Log.Info("Converting OCI blobs to SIF format");
        OciAssembly.Write(image, file, uri.ToString(), UriBuild.Origin(uri), new SifAssemblyOptions
        {
            Processors = (int)configuration.MksquashfsProcs,
            Memory = configuration.MksquashfsMem.Length > 0 ? configuration.MksquashfsMem : SifAssemblyOptions.UsualMemory,
        });
    }
}

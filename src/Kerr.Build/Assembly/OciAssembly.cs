using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using Kerr.Build.Metadata;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Registry.Sources;
using Kerr.Runtime.Configuration;

namespace Kerr.Build.Assembly;

/// <summary>What a SIF file of an OCI image says it came from: the header of the definition that it stands for.</summary>
public sealed record ImageOrigin(string Bootstrap, string From)
{
    internal byte[] Definition => Encoding.Latin1.GetBytes($"bootstrap: {Bootstrap}\nfrom: {From}\n");
}

/// <summary>Makes a SIF file of an OCI image as a stream: layers are merged while they are read, mksquashfs packs what comes.</summary>
/// <remarks>
/// No root file system is made on disk, and memory does not grow with the image but with the number of its names. Owners stay as they
/// are in the layers, whoever builds. The same image gives the same bytes.
/// </remarks>
public static class OciAssembly
{
    // Each round knows what the one before learnt; more than one is rare, more than a few is no image of good faith.
    private const int MostRounds = 8;

    /// <summary>Makes <paramref name="target"/>; gives the id of the image.</summary>
    /// <exception cref="UserException">With the tool's own words where it failed, or what is wrong with the image.</exception>
    public static Guid Build(OciImage image, string target, ImageOrigin origin, SifAssemblyOptions options)
    {
        SifAssembly.RefuseTarget(target, options.Overwrite);
        try
        {
            using var file = new UnnamedFile(target);
            Guid id = Write(image, file, target, origin, options);
            file.Publish();
            return id;
        }
        catch (LinuxException failure)
        {
            throw SifAssembly.CannotWrite(target, failure);
        }
    }

    /// <summary>Writes the image into a file that has no name yet.</summary>
    public static Guid Write(OciImage image, UnnamedFile file, string target, ImageOrigin origin, SifAssemblyOptions options)
    {
        string tool = ChildProcess.Find(options.Mksquashfs, EnvironmentBlock.Get(EnvironmentBlock.Read(), "PATH"))
            ?? throw new UserException($"{options.Mksquashfs} is not on this host", "apt-get install squashfs-tools");
        SpaceFor(target, image);
        long? asked = NewestTime.Asked();
        long? time = asked ?? image.Config.CreatedAt;
        string architecture = options.Architecture ?? image.Config.Architecture ?? SifArchitecture.Host;
        byte[] definition = options.Definition ?? origin.Definition;
        List<MetadataFile> files = Files(image.Config, architecture, origin, definition, time);
        var objects = new List<SifObject>
        {
            SifObject.Of(SifDataType.DefinitionFile, definition),
            SifObject.Of(SifDataType.GenericJson, InspectMetadata.Of(new MetadataTree(files)), InspectMetadata.ObjectName),
            SifObject.Of(SifDataType.GenericJson, image.Config.Bytes, SifAssembly.OciConfigName),
        };
        long offset = SifAssembly.Offset(objects);
        try
        {
            long newest = Pack(tool, image, target, file, files, offset, time, asked is not null, options);
            long stamp = time ?? newest;
            if (!HasTime(options.ExtraArguments))
            {
                SquashFsTime.Set(file.File, offset, stamp, time ?? 0);
            }

            return SifAssembly.Describe(file, objects, architecture, offset, stamp);
        }
        catch (InvalidDataException damage)
        {
            throw new UserException($"{origin.Bootstrap} image {origin.From} cannot be used: {damage.Message}", "fetch or make the image again", damage);
        }
    }

    private static List<MetadataFile> Files(OciConfig config, string architecture, ImageOrigin origin, byte[] definition, long? time) =>
    [
        .. BaseFiles.Scripts,
        .. BaseFiles.Defaults,
        new(OciFiles.EnvironmentScript, 0b111_101_101, OciFiles.Environment(config)),
        new(BaseFiles.Runscript, 0b111_101_101, OciFiles.Runscript(config)),
        new(BaseFiles.Labels, 0b110_100_100, OciFiles.Labels(config, architecture, origin.Bootstrap, origin.From, time, Release.Number)),
        new(BaseFiles.Definition, 0b110_100_100, definition),
    ];

    /// <summary>Streams the image into the tool; gives the newest time in it.</summary>
    private static long Pack(
        string tool, OciImage image, string target, UnnamedFile file, List<MetadataFile> files, long offset, long? time, bool clamp, SifAssemblyOptions options)
    {
        List<string> arguments = Arguments(offset, options);
        List<string> environment = [];
        foreach (string entry in EnvironmentBlock.Read())
        {
            if (clamp || !entry.StartsWith("SOURCE_DATE_EPOCH=", StringComparison.Ordinal))
            {
                environment.Add(entry);
            }
        }

        using var interrupt = new CancellationTokenSource();
        using var signals = new InterruptSignals(interrupt);
        var stream = new OciTarStream(image, files, time ?? 0, options.FixPermissions);
        for (int round = 0; round < MostRounds; round++)
        {
            (string program, List<string> words) = RootOwner.Of(tool, arguments);
            using FedProcess process = FedProcess.Start(program, words, environment, file.File);
            using CancellationTokenRegistration registration = interrupt.Token.Register(process.Kill);
            bool whole;
            try
            {
                whole = stream.TryWrite(process.Input, interrupt.Token);
            }
            catch (LinuxException failure) when (failure.Errno == Errno.EPIPE)
            {
                // The tool gave up; it says why.
                whole = true;
            }

            if (interrupt.IsCancellationRequested)
            {
                throw new UserException($"making {target} was interrupted");
            }

            if (whole)
            {
                ChildResult result = process.Finish();
                return interrupt.IsCancellationRequested ? throw new UserException($"making {target} was interrupted")
                    : result.Succeeded ? stream.NewestTime
                    : result.Output.Contains("-tar", StringComparison.Ordinal) && result.Output.Contains("invalid", StringComparison.Ordinal)
                        ? throw new UserException($"{tool} of this host is older than 4.5 and cannot read a tar stream", "install squashfs-tools 4.5 or newer, or name one in 'binary path' of kerr.conf")
                    : throw SifAssembly.ToolFailed(tool, "the image", target, result);
            }

            process.Kill();
            _ = process.Finish();
            FileCalls.SetLength(file.File, 0);
        }

        throw new InvalidDataException("its layers repeat names and lead through symbolic links without end");
    }

    private static List<string> Arguments(long offset, SifAssemblyOptions options)
    {
        // A tar stream has no root: mksquashfs would make it 0777, owned by the caller.
        List<string> arguments =
        [
            "-", $"/proc/self/fd/{ChildProcess.HandedFd}", "-tar",
            "-noappend", "-quiet", "-no-progress", "-exit-on-error", SifAssembly.NoDuplicates, "-noI",
            "-o", offset.ToString(CultureInfo.InvariantCulture),
            "-mem", options.Memory,
            "-root-mode", "0755", "-root-uid", "0", "-root-gid", "0",
            "-comp", options.Compression,
        ];
        if (options.Compression == "zstd")
        {
            arguments.AddRange(["-Xcompression-level", "3"]);
        }

        if (options.Processors > 0)
        {
            arguments.AddRange(["-processors", options.Processors.ToString(CultureInfo.InvariantCulture)]);
        }

        arguments.AddRange(options.ExtraArguments);
        return arguments;
    }

    private static bool HasTime(IReadOnlyList<string> arguments)
    {
        foreach (string argument in arguments)
        {
            if (argument is "-mkfs-time" or "-fstime" or "-all-time")
            {
                return true;
            }
        }

        return false;
    }

    // The result is about as large as the compressed layers: better to be told before the work than after it.
    private static void SpaceFor(string target, OciImage image)
    {
        long needed = 0;
        foreach (ImageLayer layer in image.Layers)
        {
            needed += layer.Size;
        }

        string directory = SifAssembly.DirectoryOf(target);
        if (FileSystem.FreeBytes(directory) is { } free && free < needed / 2)
        {
            throw new UserException(
                $"{target} needs about {needed >> 20} MiB, and the file system of {directory} has {free >> 20} MiB left", $"make room there: df -h {directory}");
        }
    }
}

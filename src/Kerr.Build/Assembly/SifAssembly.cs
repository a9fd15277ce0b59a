using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using Kerr.Build.Metadata;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;

namespace Kerr.Build.Assembly;

/// <summary>Makes a SIF file of a directory: the file system is packed straight to its place in the file.</summary>
/// <remarks>
/// The same content gives the same bytes: times are the content's, the id is computed from it. The target appears whole or
/// not at all.
/// </remarks>
public static class SifAssembly
{
    /// <summary>
    /// Without it mksquashfs looks whether it has packed an equal file before, and up to 4.7.5 its threads get in each other's way at
    /// that: one image of seven came out different, one of twenty damaged (docs/decisions/0012-no-search-for-equal-files.md).
    /// </summary>
    internal const string NoDuplicates = "-no-duplicates";

    internal const string OciConfigName = "oci-config.json";
    private const int LargestDefinition = 16 << 20;

    /// <summary>Makes <paramref name="target"/>; gives the id of the image.</summary>
    /// <exception cref="UserException">With the tool's own words where it failed.</exception>
    public static Guid Build(string directory, string target, SifAssemblyOptions options)
    {
        string tool = ChildProcess.Find(options.Mksquashfs, EnvironmentBlock.Get(EnvironmentBlock.Read(), "PATH"))
            ?? throw new UserException($"{options.Mksquashfs} is not on this host", "apt-get install squashfs-tools");
        RefuseTarget(target, options.Overwrite);
        using ImageFile image = ImageFile.Open(directory);
        if (image.Kind != ImageKind.Sandbox)
        {
            throw new UserException($"{directory} is not a directory", "name the directory that shall become the image");
        }

        long time = options.Time ?? NewestTime.Of(image.Handle!);
        List<SifObject> objects;
        string? architecture;
        string list;
        using (IImageTree tree = new AddedTree(ImageTree.Open(image)!, options.Added))
        {
            objects = Objects(tree, directory, options);
            list = ToolList.Of(options.Added, options.Owners, tree);
            architecture = options.Architecture ?? ElfArchitecture.Of(tree) ?? SifArchitecture.Host;
        }

        try
        {
            using var file = new UnnamedFile(target);
            long offset = Offset(objects);
            Pack(tool, directory, target, file, offset, time, options, list);
            Guid id = Describe(file, objects, architecture, offset, time, options.Data);
            file.Publish();
            return id;
        }
        catch (LinuxException failure)
        {
            throw CannotWrite(target, failure);
        }
        catch (InvalidDataException damage)
        {
            throw new UserException($"what {tool} made of {directory} is damaged or incomplete: {damage.Message}", $"try it by itself: {tool} -version", damage);
        }
    }

    /// <summary>Makes <paramref name="target"/> of an image whose squashfs is taken as it is, owners and all.</summary>
    /// <exception cref="UserException">The image is damaged, or the target cannot be written.</exception>
    public static Guid Rewrap(ImageFile image, string target, SifAssemblyOptions options, CancellationToken cancel = default)
    {
        RootPartition root = image.RequireRoot();
        RefuseTarget(target, options.Overwrite);
        List<SifObject> objects;
        string architecture;
        using (IImageTree tree = ImageTree.Open(image)!)
        {
            byte[]? definition = image.Sif?.Find(new SifSelector { DataType = SifDataType.DefinitionFile }) is { } known
                ? SifImage.ReadObject(new FileRange(image.Handle!), known, LargestDefinition) : null;
            objects = Objects(tree, image.Path, options with { Definition = definition ?? options.Definition, OciConfig = options.OciConfig ?? OciConfigOf(image) });
            architecture = image.Architecture ?? ElfArchitecture.Of(tree) ?? SifArchitecture.Host;
        }

        try
        {
            using var file = new UnnamedFile(target);
            long offset = Offset(objects);
            CopyPartition(image, root, file, offset, cancel);
            Span<byte> time = stackalloc byte[4];       // mkfs_time of the superblock, at 8
            _ = FileCalls.Read(image.Handle!, root.Offset + 8, time);
            Guid id = Describe(
                file, objects, architecture, offset, options.Time ?? System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(time), options.Data);
            file.Publish();
            return id;
        }
        catch (LinuxException failure)
        {
            throw CannotWrite(target, failure);
        }
    }

    /// <summary>The configuration of the OCI image that a SIF file came from; null where it has none.</summary>
    internal static byte[]? OciConfigOf(ImageFile image)
        => image.Sif?.Find(new SifSelector { DataType = SifDataType.GenericJson, Name = OciConfigName }) is { } config
            ? SifImage.ReadObject(new FileRange(image.Handle!), config, LargestDefinition) : null;

    private static void CopyPartition(ImageFile image, RootPartition root, UnnamedFile file, long offset, CancellationToken cancel)
    {
        var buffer = new byte[1 << 20];
        for (long at = 0; at < root.Size;)
        {
            cancel.ThrowIfCancellationRequested();
            int wanted = (int)Math.Min(buffer.Length, root.Size - at);
            int count = FileCalls.Read(image.Handle!, root.Offset + at, buffer.AsSpan(0, wanted));
            if (count != wanted)
            {
                throw new UserException($"image {image.Path} is damaged or incomplete: it ends before its root file system does", "copy, pull or build it again");
            }

            FileCalls.Write(file.File, offset + at, buffer.AsSpan(0, count));
            at += count;
        }
    }

    internal static void RefuseTarget(string target, bool overwrite)
    {
        if (!FileCalls.TryStatus(target, followLink: true, out FileStatus status, out _))
        {
            return;
        }

        if (status.Kind == FileKind.Directory)
        {
            throw new UserException($"{target} is a directory", "give the image another name");
        }

        if (!overwrite)
        {
            throw new UserException($"{target} exists already", "give the image another name, or add --force to replace it");
        }
    }

    // In the order of the peers: definition, JSON objects by name; the partition comes last.
    private static List<SifObject> Objects(IImageTree tree, string directory, SifAssemblyOptions options)
    {
        byte[] definition = options.Definition
            ?? tree.ReadFile("/.singularity.d/Singularity", LargestDefinition)
            ?? Encoding.Latin1.GetBytes($"bootstrap: localimage\nfrom: {directory.TrimEnd('/').Split('/')[^1]}\n");
        var objects = new List<SifObject>
        {
            SifObject.Of(SifDataType.DefinitionFile, definition),
            SifObject.Of(SifDataType.GenericJson, InspectMetadata.Of(tree), InspectMetadata.ObjectName),
        };
        if (options.OciConfig is { } config)
        {
            objects.Add(SifObject.Of(SifDataType.GenericJson, config, OciConfigName));
        }

        return objects;
    }

    internal static long Offset(List<SifObject> objects)
    {
        long end = SifWriter.DataOffset(SifWriter.UsualCapacity);
        foreach (SifObject small in objects)
        {
            end += small.Content.Length;
        }

        const int Alignment = SifObject.PartitionAlignment;
        return (end + Alignment - 1) / Alignment * Alignment;
    }

    private static void Pack(
        string tool, string directory, string target, UnnamedFile file, long offset, long time, SifAssemblyOptions options, string list)
    {
        // It finds the file under its descriptor: a file without a name has no other path.
        List<string> arguments =
        [
            directory.StartsWith('-') ? "./" + directory : directory,
            $"/proc/self/fd/{ChildProcess.HandedFd}",
            "-noappend", "-quiet", "-no-progress", "-exit-on-error", NoDuplicates,
            "-o", offset.ToString(CultureInfo.InvariantCulture),
        ];
        AddChoices(arguments, options);

        if (CurrentProcess.EffectiveUserId != 0)
        {
            arguments.Add("-all-root");
        }

        int added = list.Length > 0 ? ToolList.Hand(list) : -1;
        if (added >= 0)
        {
            arguments.AddRange(["-pf", string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{added}")]);
        }

        if (options.ShowTool)
        {
            arguments.Remove("-quiet");
        }

        arguments.AddRange(options.ExtraArguments);

        // Not -mkfs-time: sites add options of their own, and both together are an error.
        List<string> environment = [$"SOURCE_DATE_EPOCH={time.ToString(CultureInfo.InvariantCulture)}"];
        foreach (string entry in EnvironmentBlock.Read())
        {
            if (!entry.StartsWith("SOURCE_DATE_EPOCH=", StringComparison.Ordinal))
            {
                environment.Add(entry);
            }
        }

        using var interrupt = new CancellationTokenSource();
        using var signals = new InterruptSignals(interrupt);
        ChildResult result = ChildProcess.Run(tool, arguments, environment, file.File, interrupt.Token);
        if (added >= 0)
        {
            CurrentProcess.Close(added);
        }

        if (interrupt.IsCancellationRequested)
        {
            throw new UserException($"making {target} was interrupted");
        }

        if (options.ShowTool)
        {
            StandardStream.Write(StandardStream.Output, result.Output);
        }

        if (!result.Succeeded)
        {
            throw ToolFailed(tool, directory, target, result);
        }
    }

    /// <summary>What a user may choose otherwise: the tool takes each of these once only.</summary>
    private static void AddChoices(List<string> arguments, SifAssemblyOptions options)
    {
        bool Free(string option) => !((IList<string>)[.. options.ExtraArguments]).Contains(option);
        if (Free("-mem"))
        {
            arguments.AddRange(["-mem", options.Memory]);
        }

        if (Free("-comp"))
        {
            arguments.AddRange(["-comp", options.Compression]);
            if (options.Compression == "zstd" && Free("-Xcompression-level"))
            {
                arguments.AddRange(["-Xcompression-level", "3"]);
            }
        }

        if (options.Processors > 0 && Free("-processors"))
        {
            arguments.AddRange(["-processors", options.Processors.ToString(CultureInfo.InvariantCulture)]);
        }
    }

    internal static Guid Describe(UnnamedFile file, List<SifObject> objects, string architecture, long offset, long time, bool data = false)
    {
        var bytes = new FileRange(file.File);
        long length = bytes.Length - offset;
        _ = RootPartition.SquashFsIn(bytes, offset, length);
        var partition = SifObject.Partition(
            new SifPartition(PartitionFileSystem.SquashFs, data ? SifPartitionType.Data : SifPartitionType.PrimarySystem, architecture), Stream.Null);

        Guid id = ContentId.Of(objects, architecture, bytes, offset);
        SifWriter writer = SifWriter.Create(file.File, id, time);
        foreach (SifObject small in objects)
        {
            writer.Add(small, time);
        }

        if (writer.NextOffset(partition.Alignment) != offset)
        {
            throw new InvalidOperationException($"the partition was written at {offset}, its place is {writer.NextOffset(partition.Alignment)}");
        }

        writer.AddInPlace(partition, length, time);
        return id;
    }

    internal static UserException ToolFailed(string tool, string directory, string target, ChildResult result)
    {
        string said = result.Output.Trim();
        if (said.Contains("No space left on device", StringComparison.Ordinal) || said.Contains("Disk quota exceeded", StringComparison.Ordinal))
        {
            return NoSpace(target, null);
        }

        if (said.Contains("Permission denied", StringComparison.Ordinal) || said.Contains("Failed to read", StringComparison.Ordinal))
        {
            return new UserException(
                $"a file in {directory} cannot be read: {LastLine(said)}", $"make it readable: chmod -R u+rX {directory}");
        }

        string how = result.Signal != 0 ? $"was killed by signal {result.Signal}" : $"ended with status {result.ExitCode}";
        return new UserException($"{tool} {how}{(said.Length == 0 ? "" : ": " + LastLine(said))}");
    }

    internal static UserException CannotWrite(string target, LinuxException failure)
        => failure.Errno is Errno.ENOSPC or Errno.EDQUOT
            ? NoSpace(target, failure)
            : new UserException($"could not write {target}: {failure.Message}", $"check the directory that it goes to: ls -ld {DirectoryOf(target)}", failure);

    private static UserException NoSpace(string target, LinuxException? failure)
        => new($"no space is left for {target}", $"see how much there is: df -h {DirectoryOf(target)}", failure);

    internal static string DirectoryOf(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash < 0 ? "." : slash == 0 ? "/" : path[..slash];
    }

    private static string LastLine(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return string.Join("; ", lines[Math.Max(0, lines.Length - 3)..]);
    }
}

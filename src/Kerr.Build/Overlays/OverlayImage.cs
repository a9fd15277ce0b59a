using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using Kerr.Build.Assembly;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Overlays;

/// <summary>Makes ext3 file systems that hold what a container changes: `upper`, and `work` beside it.</summary>
/// <remarks>
/// The file system is made at its place: in a new file, which gets its name when it is whole, or behind the last object of a SIF
/// file, which learns of it when it is whole.
/// </remarks>
public static class OverlayImage
{
    /// <summary>In MiB: an ext3 journal alone has four.</summary>
    public const int SmallestSize = 64;

    private const int LargestSize = 16 << 20;   // 16 TiB, what ext3 can have in blocks of 4 KiB

    /// <summary>Makes an image of its own, or adds a partition to a SIF file that is there.</summary>
    /// <exception cref="UserException">With the tool's own words where it failed.</exception>
    public static void Create(string path, OverlayImageOptions options)
    {
        if (options.Size is < SmallestSize or > LargestSize)
        {
            throw new UserException(
                options.Size < SmallestSize ? $"image size must be equal or greater than {SmallestSize} MiB" : $"image size must be at most {LargestSize} MiB",
                $"give another size: --size {SmallestSize}");
        }

        string search = EnvironmentBlock.Get(EnvironmentBlock.Read(), "PATH") ?? "";
        string mke2fs = ChildProcess.Find("mke2fs", search)
            ?? throw new UserException("mke2fs is not on this host", "install the package e2fsprogs");
        var maker = new Ext3Maker(mke2fs, search, options);
        try
        {
            if (FileCalls.TryStatus(path, followLink: true, out _, out _))
            {
                AddToSif(path, maker, options);
            }
            else
            {
                CreateFile(path, maker, options);
            }
        }
        catch (LinuxException failure)
        {
            throw failure.Errno is Errno.ENOSPC or Errno.EDQUOT or Errno.EFBIG
                ? new UserException($"no space is left for an overlay of {options.Size} MiB in {path}", $"see how much there is: df -h {DirectoryOf(path)}; or add --sparse", failure)
                : new UserException($"could not write {path}: {failure.Message}", $"check the directory that it goes to: ls -ld {DirectoryOf(path)}", failure);
        }
    }

    private static void CreateFile(string path, Ext3Maker maker, OverlayImageOptions options)
    {
        const uint Mode = 0x1A4;    // 0644, less the umask: others may read it as an overlay
        using var file = new UnnamedFile(path, mode: Mode);
        Reserve(file.File, 0, options);
        maker.Make(path, file.File, 0);
        file.Publish();
    }

    private static void AddToSif(string path, Ext3Maker maker, OverlayImageOptions options)
    {
        using ImageFile image = ImageFile.Open(path);
        switch (image.Kind)
        {
            case ImageKind.Ext3:
                throw new UserException($"EXT3 overlay image {path} already exists", "give the overlay another name");
            case not ImageKind.Sif:
                throw new UserException($"{path} exists, and is not a SIF file", "give the overlay another name, or name a SIF file to add it to");
        }

        using SifFile file = SifFile.Open(path, write: true);
        SifDescriptor primary = RequireRoom(file, options.Program);
        SifWriter writer = SifWriter.Open(file.Handle);
        SifPartition root = SifExtra.Partition(primary);
        SifObject overlay = SifObject.Partition(
            new SifPartition(PartitionFileSystem.Ext3, SifPartitionType.Overlay, root.Architecture), Stream.Null, "overlay") with
        { GroupId = primary.GroupId };
        long before = FileCalls.Status(file.Handle).Size;
        long offset = writer.NextOffset(overlay.Alignment), length = (long)options.Size << 20;
        bool done = false;
        try
        {
            Reserve(file.Handle, offset, options);
            maker.Make(path, file.Handle, offset);
            writer.AddInPlace(overlay, length, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
            done = true;
        }
        finally
        {
            if (!done)
            {
                FileCalls.SetLength(file.Handle, before);
            }
        }
    }

    private static SifDescriptor RequireRoom(SifFile file, string program)
    {
        SifImage image = file.Image;
        SifDescriptor primary = image.PrimaryPartition
            ?? throw new UserException($"SIF image {file.Path} has no primary partition that an overlay could lie on", "name an image that can be run");
        if (image.Find(new SifSelector { DataType = SifDataType.Signature }) is not null)
        {
            throw new UserException(
                $"SIF image {file.Path} is signed: could not add writable overlay", $"make an overlay of its own: {program} overlay create overlay.img");
        }

        if (SifExtra.Partition(primary).FileSystem is PartitionFileSystem.EncryptedSquashFs or PartitionFileSystem.GocryptFs)
        {
            throw new UserException(
                $"SIF image {file.Path} is encrypted: could not add writable overlay", $"make an overlay of its own: {program} overlay create overlay.img");
        }

        foreach (SifDescriptor overlay in image.FindAll(new SifSelector { PartitionType = SifPartitionType.Overlay, GroupId = primary.GroupId }))
        {
            if (SifExtra.Partition(overlay).FileSystem == PartitionFileSystem.Ext3)
            {
                throw new UserException(
                    $"a writable overlay partition already exists in {file.Path} (ID: {overlay.Id})",
                    $"delete it first: {program} sif del {overlay.Id} {file.Path}");
            }
        }

        return image.Descriptors.Count < image.Header.DescriptorsTotal
            ? primary
            : throw new UserException(
                $"image {file.Path} is full: all its {image.Header.DescriptorsTotal} descriptors are in use", $"delete an object: {program} sif del ID {file.Path}");
    }

    private static void Reserve(SafeFileHandle file, long offset, OverlayImageOptions options)
    {
        long length = (long)options.Size << 20;
        if (options.Sparse)
        {
            FileCalls.SetLength(file, offset + length);
        }
        else
        {
            FileCalls.Allocate(file, offset, length);
        }
    }

    private static string DirectoryOf(string path) => path.LastIndexOf('/') is var slash && slash > 0 ? path[..slash] : slash == 0 ? "/" : ".";

    /// <summary>The tools of e2fsprogs, with the directories that the file system is to have.</summary>
    private sealed class Ext3Maker(string mke2fs, string search, OverlayImageOptions options)
    {
        private const int FirstInode = 11;  // lost+found; directories of -d follow

        /// <summary>Makes the file system in a range of a file.</summary>
        public void Make(string path, SafeFileHandle file, long offset)
        {
            using TemporaryDirectory tree = NewTree();
            int made = FillTree(tree.Path);
            (uint uid, uint gid) = options.Fakeroot ? (0u, 0u) : (CurrentProcess.Uid, CurrentProcess.Gid);
            string place = $"/proc/self/fd/{ChildProcess.HandedFd}";
            using var interrupt = new CancellationTokenSource();
            using var signals = new InterruptSignals(interrupt);

            // nodiscard: it would give back the blocks that were taken. -m 0: no blocks are set aside for root.
            Run(mke2fs,
                [
                    "-q", "-F", "-t", "ext3", "-b", "4096", "-m", "0", "-d", tree.Path,
                    "-E", string.Create(CultureInfo.InvariantCulture, $"nodiscard,root_owner={uid}:{gid}{(offset == 0 ? "" : $",offset={offset}")}"),
                    place, string.Create(CultureInfo.InvariantCulture, $"{options.Size}M"),
                ]);
            if (options.Fakeroot && CurrentProcess.Uid != 0)
            {
                GiveToRoot(made);
            }

            void Run(string tool, List<string> arguments)
            {
                ChildResult result = ChildProcess.Run(tool, arguments, ["LC_ALL=C", $"PATH={search}"], file, interrupt.Token);
                if (interrupt.IsCancellationRequested)
                {
                    throw new UserException($"making an overlay in {path} was interrupted");
                }

                if (!result.Succeeded)
                {
                    throw new UserException($"{tool} could not make the file system in {path}: {result.Output.Trim()}", $"try it by itself: {tool} -V");
                }
            }

            // mke2fs takes the owner from the directories, and a user cannot make any that are root's.
            void GiveToRoot(int count)
            {
                string debugfs = ChildProcess.Find("debugfs", search)
                    ?? throw new UserException("debugfs is not on this host", "install the package e2fsprogs, or leave out --fakeroot");
                var commands = new StringBuilder();
                for (int inode = FirstInode + 1; inode <= FirstInode + count; inode++)
                {
                    _ = commands.Append(CultureInfo.InvariantCulture, $"sif <{inode}> uid 0\nsif <{inode}> gid 0\n");
                }

                using var script = new SafeFileHandle(MemoryFile.CreateSealed("commands", Encoding.ASCII.GetBytes(commands.ToString())), ownsHandle: true);
                Run(debugfs,
                    [
                        "-w", "-f", $"/proc/{CurrentProcess.Id}/fd/{(int)script.DangerousGetHandle()}",
                        offset == 0 ? place : string.Create(CultureInfo.InvariantCulture, $"{place}?offset={offset}"),
                    ]);
            }
        }

        private TemporaryDirectory NewTree()
        {
            try
            {
                return new TemporaryDirectory(options.TemporaryDirectory, "kerr-overlay-");
            }
            catch (LinuxException failure)
            {
                throw new UserException($"cannot make a temporary directory in {options.TemporaryDirectory}: {failure.Errno.Text()}", "name another one: --tmpdir DIRECTORY", failure);
            }
        }

        /// <summary>Makes the directories; answers how many.</summary>
        private int FillTree(string tree)
        {
            var made = new HashSet<string>(StringComparer.Ordinal);
            Add("/upper");
            Add("/work");
            foreach (string wanted in options.Directories)
            {
                string path = "/upper";
                foreach (string part in FileSystem.Clean("/" + wanted).Split('/', StringSplitOptions.RemoveEmptyEntries))
                {
                    path += "/" + part;
                    Add(path);
                }
            }

            return made.Count;

            void Add(string path)
            {
                if (made.Add(path))
                {
                    FileSystem.MakeDirectory(tree + path, 0x1ED, exactly: true);
                }
            }
        }
    }
}

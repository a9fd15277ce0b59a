using System;
using System.IO;
using System.Security.Cryptography;
using Kerr.Cli.Options;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Cli.Commands.Sif;

/// <summary><c>sif add</c>: puts a file into a SIF file as an object.</summary>
internal static class AddCommand
{
    private const int StandardInput = 0;

    internal static Command Declare() => new()
    {
        Summary = "Add an object",
        Synopsis = "<options> <image> <file|->",
        Description = "The object's bytes are those of the file, or of standard input for a dash. It comes behind all others.",
        Examples =
            "kerr sif add --datatype 1 image.sif recipe.def\n"
            + "kerr sif add --datatype 4 --parttype 1 --partfs 1 --partarch 2 a.sif a.sqfs\n"
            + "kerr sif add --datatype 6 --filename data.json image.sif - < data.json",
        Arity = Arity.Exactly(2),
        Options = static () => SifAddOptions.All,
        FailureCode = SifGroup.FailureCode,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        SifObject added = AddedObject.Of(invocation);
        string source = invocation.Arguments[1];
        using SafeFileHandle content = OpenContent(source);
        using SifFile file = SifFile.Open(invocation.Arguments[0], write: true);
        RefuseItself(file, content, source);
        RefuseWhatDoesNotFit(invocation, file, added);

        long length = FileCalls.Status(file.Handle).Size;
        try
        {
            SifChange.Apply(file, writer => Add(file, writer, added, content, source));
        }
        catch
        {
            // Nothing refers to what was written so far; the file becomes what it was.
            FileCalls.SetLength(file.Handle, length);
            throw;
        }

        return 0;
    }

    private static void Add(SifFile file, SifWriter writer, SifObject added, SafeFileHandle content, string source)
    {
        // The digest belongs in the descriptor, and is known when the content was read: so it goes to its place first.
        using var hash = added.DataType is SifDataType.OciRootIndex or SifDataType.OciBlob
            ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256)
            : null;
        using var stream = new FileStream(content, FileAccess.Read, bufferSize: 0);
        long offset = writer.NextOffset(added.Alignment);
        long length = 0;
        var buffer = new byte[256 * 1024];
        while (Read(stream, buffer, source) is var count and > 0)
        {
            FileCalls.Write(file.Handle, offset + length, buffer.AsSpan(0, count));
            hash?.AppendData(buffer, 0, count);
            length += count;
        }

        if (length == 0 && FileCalls.Status(file.Handle).Size < offset)
        {
            // An object without bytes still has a place, which must be in the file.
            FileCalls.SetLength(file.Handle, offset);
        }

        SifObject described = hash is null
            ? added
            : added with { Extra = SifExtra.OfDigest("sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset())) };
        writer.AddInPlace(described, length, SifChange.Now);
    }

    private static int Read(FileStream stream, byte[] buffer, string source)
    {
        try
        {
            return stream.Read(buffer);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"could not read {Named(source)}: {failure.Message}", inner: failure);
        }
    }

    private static SafeFileHandle OpenContent(string source)
    {
        if (source == "-")
        {
            // Looked at before anything else is opened, which would get the number of a standard input that is closed.
            var standard = new SafeFileHandle(StandardInput, ownsHandle: false);
            _ = Status(standard);
            return standard;
        }

        if (!FileCalls.TryOpen(source, OpenFlags.O_RDONLY | OpenFlags.O_NOCTTY, out SafeFileHandle content, out Errno errno))
        {
            throw errno switch
            {
                Errno.ENOENT => new UserException($"{source} does not exist", $"check its name: ls -l {source}"),
                Errno.EACCES => new UserException($"{source} is not readable by the current user", $"check the permissions on its path: namei -l {source}"),
                _ => new UserException($"could not open {source}: {errno.Text()}", $"check it: ls -ld {source}"),
            };
        }

        if (FileCalls.Status(content).Kind == FileKind.Directory)
        {
            content.Dispose();
            throw new UserException($"{source} is a directory", "give a file, or make one of it: mksquashfs DIRECTORY FILE");
        }

        return content;
    }

    // Reading what is being written would go on until the disk is full.
    private static void RefuseItself(SifFile file, SafeFileHandle content, string source)
    {
        FileStatus image = FileCalls.Status(file.Handle), other = FileCalls.Status(content);
        if (image.Identity == other.Identity)
        {
            throw new UserException($"{Named(source)} is the image {file.Path} itself", $"add a copy: cp {file.Path} copy.sif");
        }
    }

    private static FileStatus Status(SafeFileHandle content)
    {
        try
        {
            return FileCalls.Status(content);
        }
        catch (LinuxException failure)
        {
            throw new UserException("standard input is closed", "name the file with the content instead of a dash", failure);
        }
    }

    private static void RefuseWhatDoesNotFit(Invocation invocation, SifFile file, SifObject added)
    {
        if (file.Image.Descriptors.Count == file.Image.Header.DescriptorsTotal)
        {
            throw new UserException(
                $"image {file.Path} is full: all its {file.Image.Header.DescriptorsTotal} descriptors are in use",
                $"delete an object: {invocation.Program.Name} sif del ID {file.Path}");
        }

        if (IsPrimary(added) && file.Image.PrimaryPartition is { } primary)
        {
            throw new UserException(
                $"image {file.Path} has a primary partition already: object {primary.Id}",
                $"add it with --parttype 1, then choose it: {invocation.Program.Name} sif setprim ID {file.Path}");
        }
    }

    private static bool IsPrimary(SifObject added)
        => added.DataType == SifDataType.Partition
            && System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(added.Extra.Span[4..]) == (int)SifPartitionType.PrimarySystem;

    private static string Named(string source) => source == "-" ? "standard input" : source;
}

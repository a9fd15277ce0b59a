using System;
using System.IO;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Cli.Commands.Sif;

/// <summary><c>sif dump</c>: the bytes of an object on standard output.</summary>
internal static class DumpCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Write the bytes of an object to standard output",
        Synopsis = "<id> <image>",
        Examples = "kerr sif dump 1 image.sif\nkerr sif dump 3 image.sif > root.squashfs",
        Arity = Arity.Exactly(2),
        FailureCode = SifGroup.FailureCode,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        uint id = SifObjectId.Of(invocation);
        using SifFile file = SifFile.Open(invocation.Arguments[1]);
        SifDescriptor descriptor = SifObjectId.Find(invocation, file, id);
        var source = new FileRange(file.Handle, descriptor.Offset, descriptor.Length);
        var buffer = new byte[Math.Min(source.Length, 256 * 1024)];
        for (long done = 0; done < source.Length;)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, source.Length - done));
            Read(file, source, done, part);
            StandardStream.Write(StandardStream.Output, part);
            done += part.Length;
        }

        return 0;
    }

    private static void Read(SifFile file, FileRange source, long at, Span<byte> part)
    {
        try
        {
            source.Read(at, part);
        }
        catch (Exception failure) when (failure is LinuxException or InvalidDataException)
        {
            throw new UserException($"could not read image {file.Path}: {failure.Message}", inner: failure);
        }
    }
}

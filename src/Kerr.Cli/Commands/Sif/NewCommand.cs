using System;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Cli.Commands.Sif;

/// <summary><c>sif new</c>: a SIF file without objects.</summary>
internal static class NewCommand
{
    private const uint Mode = 0x1ED;   // 0755, less the umask

    internal static Command Declare() => new()
    {
        Summary = "Make a SIF file without objects",
        Synopsis = "<image>",
        Description = "A file that has this name is emptied first.",
        Examples = "kerr sif new image.sif",
        Arity = Arity.Exactly(1),
        FailureCode = SifGroup.FailureCode,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string path = invocation.Arguments[0];
        const OpenFlags Existing = OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY;
        const OpenFlags New = OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL;
        bool made = FileCalls.TryOpen(path, New, out SafeFileHandle file, out Errno errno, Mode);
        if (!made && errno == Errno.EEXIST)
        {
            RefuseWhatIsNoFile(path);
            _ = FileCalls.TryOpen(path, Existing, out file, out errno);
        }

        if (errno != Errno.None)
        {
            throw SifChange.Failed(path, new LinuxException("open", path, errno));
        }

        using (file)
        {
            try
            {
                FileCalls.SetLength(file, 0);
                _ = SifWriter.Create(file, Guid.NewGuid(), SifChange.Now);
            }
            catch (LinuxException failure)
            {
                if (made)
                {
                    FileCalls.Unlink(path);
                }

                throw SifChange.Failed(path, failure);
            }
        }

        return 0;
    }

    private static void RefuseWhatIsNoFile(string path)
    {
        if (FileCalls.TryStatus(path, followLink: true, out FileStatus status, out _) && status.Kind != FileKind.Regular)
        {
            throw new UserException($"{path} is there already, and is not a file", "give the image another name");
        }
    }
}

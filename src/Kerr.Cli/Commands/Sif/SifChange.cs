using System;
using System.IO;
using Kerr.Image.Sif;
using Kerr.Linux;

namespace Kerr.Cli.Commands.Sif;

/// <summary>What all commands that change a SIF file do alike.</summary>
internal static class SifChange
{
    /// <summary>The time that changes are recorded under, seconds since 1970.</summary>
    internal static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>Does a change; failures of the file become messages.</summary>
    internal static void Apply(SifFile file, Action<SifWriter> change)
    {
        try
        {
            change(SifWriter.Open(file.Handle));
        }
        catch (LinuxException failure)
        {
            throw Failed(file.Path, failure);
        }
        catch (InvalidDataException refusal)
        {
            throw new UserException($"could not change image {file.Path}: {refusal.Message}", inner: refusal);
        }
    }

    internal static UserException Failed(string path, LinuxException failure)
        => failure.Errno is Errno.ENOSPC or Errno.EDQUOT
            ? new UserException($"no space is left for {path}", $"see how much there is: df -h {path}", failure)
            : new UserException($"could not write {path}: {failure.Message}", $"check its permissions: ls -ld {path}", failure);
}

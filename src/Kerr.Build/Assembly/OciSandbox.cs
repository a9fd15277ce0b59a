using System.Collections.Generic;
using System.Globalization;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Registry.Sources;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Assembly;

/// <summary>Makes a directory of an OCI image: the merged layers are packed into a file without a name, and unpacked by unsquashfs.</summary>
/// <remarks>
/// The layers name everything once by then, so no name is written through a link. The directory has another name until it is whole,
/// and is open to its owner only (CVE-2020-25039).
/// </remarks>
public static class OciSandbox
{
    /// <exception cref="UserException">The directory exists, or cannot be made.</exception>
    public static void Build(OciImage image, string target, ImageOrigin origin, SifAssemblyOptions options)
    {
        string path = target.TrimEnd('/');
        string tool = ChildProcess.Find("unsquashfs", EnvironmentBlock.Get(EnvironmentBlock.Read(), "PATH"))
            ?? throw new UserException("unsquashfs is not on this host", "apt-get install squashfs-tools");
        if (FileSystem.TryStat(path) is not null)
        {
            throw new UserException($"{path} exists already", "give the directory another name, or remove it first");
        }

        string hidden = $"{path}.{CurrentProcess.Id}.tmp";
        try
        {
            using var file = new UnnamedFile(path);
            OciAssembly.Write(image, file, path, origin, options);
            long offset = Partition(file.File);
            FileSystem.MakeDirectory(hidden, 0b111_000_000);
            Unpack(tool, file.File, offset, $"{hidden}/root", path);
            FileCalls.Rename($"{hidden}/root", path);
        }
        catch (LinuxException failure)
        {
            throw SifAssembly.CannotWrite(path, failure);
        }
        finally
        {
            Remove(hidden);
        }
    }

    private static long Partition(SafeFileHandle file)
        => Image.Sif.SifImage.Read(new Image.FileRange(file)).Descriptors[^1].Offset;

    private static void Unpack(string tool, SafeFileHandle file, long offset, string directory, string target)
    {
        // Who is not root cannot give files away or make devices: these warnings are its exit code 2, and everything else is there.
        const int Warned = 2;
        List<string> arguments =
            ["-no-progress", "-quiet", "-o", offset.ToString(CultureInfo.InvariantCulture), "-d", directory, $"/proc/self/fd/{ChildProcess.HandedFd}"];
        ChildResult result = ChildProcess.Run(tool, arguments, EnvironmentBlock.Read(), file);
        if (!result.Succeeded && !(result.ExitCode == Warned && CurrentProcess.EffectiveUserId != 0))
        {
            throw SifAssembly.ToolFailed(tool, "the image", target, result);
        }
    }

    // Directories of mode 0000 are opened to their owner first; rm(1) does not do that.
    private static void Remove(string directory)
    {
        if (FileSystem.TryStat(directory) is not null)
        {
            _ = ChildProcess.Run("/bin/sh", ["-c", "chmod -R u+rwX -- \"$1\" 2>/dev/null; rm -rf -- \"$1\"", "sh", directory], EnvironmentBlock.Read());
        }
    }
}

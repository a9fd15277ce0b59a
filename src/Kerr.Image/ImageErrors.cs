using System;
using System.IO;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Image;

/// <summary>What can be wrong with the image that the user named, and what to do about it.</summary>
internal static class ImageErrors
{
    internal static UserException CannotOpen(string path, Errno errno) => errno switch
    {
        Errno.ENOENT => new($"could not open image {path}: no such file or directory", "check its name: ls -l " + Quoted(path)),
        Errno.EACCES => new(
            $"could not open image {path}: it is not readable by the current user", "check the permissions on its path: namei -l " + Quoted(path)),
        _ => new($"could not open image {path}: {char.ToLowerInvariant(errno.Text()[0])}{errno.Text()[1..]}"),
    };

    internal static UserException CannotChange(string path, Errno errno) => errno switch
    {
        Errno.EACCES or Errno.EPERM => new(
            $"could not change image {path}: it is not writable by the current user", "make it writable: chmod u+w " + Quoted(path)),
        Errno.EROFS => new($"could not change image {path}: it lies on a read-only file system", $"change a copy: cp {Quoted(path)} ."),
        Errno.ETXTBSY => new($"could not change image {path}: it is being run", $"change a copy: cp {Quoted(path)} ."),
        _ => new($"could not change image {path}: {char.ToLowerInvariant(errno.Text()[0])}{errno.Text()[1..]}"),
    };

    internal static UserException CannotRead(string path, LinuxException failure)
        => new($"could not read image {path}: {failure.Message}", inner: failure);

    /// <summary>What a reader makes of an open image, which is closed where it makes nothing of it; what is wrong is told with the image's name.</summary>
    internal static T Reading<T>(string path, SafeFileHandle handle, Func<SafeFileHandle, T> read)
    {
        try
        {
            return read(handle);
        }
        catch (InvalidDataException damage)
        {
            handle.Dispose();
            throw Damaged(path, damage);
        }
        catch (LinuxException failure)
        {
            handle.Dispose();
            throw CannotRead(path, failure);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    internal static UserException NotAFile(string path, FileKind kind) => new(
        $"could not open image {path}: it is {kind switch
        {
            FileKind.Fifo => "a pipe",
            FileKind.Socket => "a socket",
            FileKind.BlockDevice or FileKind.CharacterDevice => "a device",
            _ => "no file",
        }}, not a file or directory",
        "write its content to a file first, and name that");

    internal static UserException NotSif(string path, string what) => new(
        $"could not open image {path} as a SIF file: it is {what}", "see what it is: file " + Quoted(path));

    internal static UserException DirectoryNotSif(string path) => new(
        $"could not open image {path} as a SIF file: it is a directory", "make a SIF file of it: kerr build image.sif " + Quoted(path));

    internal static UserException NotRecognized(string path, long length) => new(
        $"could not open image {path}: image format not recognized{(length == 0 ? ": the file is empty" : "")}",
        "see what it is: file " + Quoted(path));

    internal static UserException Damaged(string path, InvalidDataException damage) => new(
        $"image {path} is damaged or incomplete: {damage.Message}", "copy, pull or build it again", damage);

    internal static UserException HostRoot(string path) => new(
        $"could not open image {path}: the host's root directory cannot be an image", "name the directory of an image");

    internal static UserException NoRoot(string path) => new(
        $"image {path} has no root file system: no primary system partition is in it",
        "name an image with one, and give this one as --overlay if it is meant so");

    private static string Quoted(string path)
    {
        foreach (char c in path)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"/._-+,:@%=".Contains(c))
            {
                return "'" + path.Replace("'", "'\\''", System.StringComparison.Ordinal) + "'";
            }
        }

        return path;
    }
}

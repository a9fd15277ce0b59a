using System;
using System.Globalization;
using Kerr.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Files;

/// <summary>A new file that gets its name when it is finished; until then, whatever happens, nothing of it is left.</summary>
/// <remarks>
/// Where the file system can, it has no name at all, so that even a killed process leaves nothing. Where it cannot (NFS,
/// Lustre, some FUSE), it has one that starts with a dot, and <see cref="Dispose"/> removes it. To take the place of another file it needs a second name for a
/// moment; who is killed just then leaves a finished file, and the next to publish under that name puts it in its place.
/// </remarks>
public sealed class UnnamedFile : IDisposable
{
    private readonly string _target;
    private string? _temporary;
    private bool _released;

    /// <param name="named">Takes the way of the file systems that cannot.</param>
    /// <param name="mode">Less the umask; 0755 if not given.</param>
    public UnnamedFile(string target, bool named = false, uint mode = 0x1ED)
    {
        _target = target;
        int slash = target.LastIndexOf('/');
        string directory = slash < 0 ? "." : target[..(slash + 1)];
        const OpenFlags Unnamed = OpenFlags.O_TMPFILE | OpenFlags.O_DIRECTORY | OpenFlags.O_RDWR;
        if (!named)
        {
            if (FileCalls.TryOpen(directory, Unnamed, out SafeFileHandle file, out Errno errno, mode))
            {
                File = file;
                return;
            }

            file.Dispose();

            // EISDIR: a kernel or file system that takes it for opening the directory.
            if (errno is not (Errno.EOPNOTSUPP or Errno.EISDIR or Errno.EINVAL))
            {
                throw new LinuxException("open", directory, errno);
            }
        }

        const OpenFlags Named = OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_RDWR | OpenFlags.O_NOFOLLOW;
        string name = TemporaryName();
        File = FileCalls.Open(name, Named, mode);
        _temporary = name;
    }

    /// <summary>Open for reading and writing.</summary>
    public SafeFileHandle File { get; }

    /// <summary>Gives the file its name, in place of what has it now.</summary>
    /// <param name="sync">Waits for the disk first, so that a crash cannot leave the name with half of the content.</param>
    public void Publish(bool sync = false)
    {
        if (sync)
        {
            FileCalls.Sync(File);
        }

        if (_temporary is null && (FileCalls.TryLink(File, _target) || Replace()))
        {
            return;
        }

        FileCalls.Rename(_temporary!, _target);
        _temporary = null;
    }

    /// <summary>The file without ever a name: it is gone when the descriptor, which is the caller's now, is closed.</summary>
    public SafeFileHandle Release()
    {
        if (_temporary is not null)
        {
            FileCalls.Unlink(_temporary);
            _temporary = null;
        }

        _released = true;
        return File;
    }

    public void Dispose()
    {
        if (!_released)
        {
            File.Dispose();
        }

        if (_temporary is not null)
        {
            FileCalls.Unlink(_temporary);
        }
    }

    /// <summary>
    /// Takes the place of what has the name. The second name is the same for all who do: whoever finds it taken first puts that file, which is finished, where it
    /// belongs. False where that is not possible (another user has it, in a directory like /tmp): the file has a name of its own then.
    /// </summary>
    private bool Replace()
    {
        const int Tries = 1_000, LongestName = 240;
        int slash = _target.LastIndexOf('/') + 1;
        string second = $"{_target[..slash]}.kerr-{_target[slash..]}.tmp";
        Errno errno = _target.Length - slash > LongestName ? Errno.ENAMETOOLONG : Errno.None;
        for (int i = 0; i < Tries && errno is Errno.None or Errno.ENOENT; i++)
        {
            bool linked = FileCalls.TryLink(File, second);
            if (FileCalls.TryRename(second, _target, out errno) ? linked : linked && errno == Errno.ENOENT && System.IO.Path.Exists(_target))
            {
                return true; // ENOENT: another who publishes has put it there
            }

            if (linked && errno != Errno.ENOENT)
            {
                FileCalls.Unlink(second);
            }
        }

        string name = TemporaryName();
        _temporary = FileCalls.TryLink(File, name) ? name : throw new LinuxException("linkat", name, Errno.EEXIST);
        return false;
    }

    private string TemporaryName()
    {
        int slash = _target.LastIndexOf('/') + 1;
        string random = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
        return $"{_target[..slash]}.kerr-{CurrentProcess.Id}-{random[..12]}.tmp";
    }
}

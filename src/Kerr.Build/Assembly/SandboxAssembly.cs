using System;
using System.Globalization;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;

namespace Kerr.Build.Assembly;

/// <summary>Makes a directory the image; it appears whole or not at all.</summary>
public static class SandboxAssembly
{
    /// <summary>Copies a tree with all its attributes.</summary>
    public static void Copy(string source, string target, BuildSettings settings)
        => Make(target, settings, to =>
        {
            int skipped = 0;
            new TreeCopy(followLinks: false, keep: true, _ => skipped++, settings.Cancel).Copy(source, to);
            if (skipped > 0)
            {
                settings.Messages.Verbose($"{skipped} devices and sockets were left out: containers have their own");
            }
        });

    /// <summary>Has <paramref name="fill"/> fill a new directory, and puts it in the place of what has the target's name.</summary>
    /// <exception cref="UserException">The target cannot be written.</exception>
    public static void Make(string target, BuildSettings settings, Action<string> fill)
    {
        string clean = target.Length > 1 ? target.TrimEnd('/') : target;
        int slash = clean.LastIndexOf('/') + 1;
        string made = $"{clean[..slash]}.kerr-{CurrentProcess.Id}-{Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..12]}.tmp";
        try
        {
            FileSystem.MakeDirectory(made, 0x1C0);
            try
            {
                fill(made);
                if (FileSystem.TryStat(clean, follow: false) is not null)
                {
                    FileCalls.Exchange(made, clean);
                }
                else
                {
                    FileCalls.Rename(made, clean);
                }
            }
            finally
            {
                TreeRemoval.Remove(made);
            }
        }
        catch (LinuxException failure)
        {
            bool full = failure.Errno is Errno.ENOSPC or Errno.EDQUOT;
            throw new UserException(
                full ? $"no space is left for {target}" : $"could not write {target}: {failure.Message}",
                full ? $"see how much there is: df -h {(slash == 0 ? "." : clean[..slash])}" : $"check the directory that it goes to: ls -ld {(slash == 0 ? "." : clean[..slash])}",
                failure);
        }
    }
}

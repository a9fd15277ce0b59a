using System.Collections.Generic;
using System.Globalization;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Sections;

/// <summary>A squashfs partition that is mounted for as long as a build lasts, in the build's own mount namespace.</summary>
internal sealed class ImageServerMount : System.IDisposable
{
    private readonly int _server;

    private ImageServerMount(string path, int server)
    {
        Path = path;
        _server = server;
    }

    internal string Path { get; }

    /// <summary>Mounts; null where this host has no FUSE or no server for it.</summary>
    internal static ImageServerMount? Start(BuildSettings settings, string image, long offset, string target)
    {
        string? program = ChildProcess.Find(settings.Installation.LibexecDir + "/squashfuse_ll", null)
            ?? ChildProcess.Find("squashfuse_ll", EnvironmentBlock.Get(settings.Environment, "PATH"));
        if (program is null || !FileCalls.TryOpen("/dev/fuse", OpenFlags.O_RDWR, out SafeFileHandle device, out _))
        {
            return null;
        }

        using (device)
        using (SafeFileHandle nothing = FileCalls.Open("/dev/null", OpenFlags.O_RDWR))
        {
            try
            {
                MountCalls.Mount("kerr", target, "fuse.squashfuse", MountCalls.Flags.MS_RDONLY | MountCalls.Flags.MS_NODEV | MountCalls.Flags.MS_NOSUID,
                    string.Create(CultureInfo.InvariantCulture, $"fd={(int)device.DangerousGetHandle()},rootmode=40755,user_id=0,group_id=0,allow_other"));
            }
            catch (LinuxException)
            {
                return null;
            }

            List<string> arguments = ["-f", "-o", string.Create(CultureInfo.InvariantCulture, $"offset={offset}"), image, $"/dev/fd/{ChildProcess.HandedFd}"];
            return new ImageServerMount(target, ChildProcess.Start(program, arguments, [], device, nothing));
        }
    }

    public void Dispose()
    {
        _ = MountCalls.Detach(Path);

        // It ends by itself when the mount is gone; where something else still holds that, it would not.
        ChildProcess.End(_server, kill: true);
    }
}

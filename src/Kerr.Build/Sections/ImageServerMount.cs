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

    /// <summary>Mounts a partition of an open file; null where this host has no FUSE.</summary>
    internal static ImageServerMount? Start(BuildSettings settings, SafeFileHandle image, long offset, long length, string target)
    {
        if (!FileCalls.TryOpen("/dev/fuse", OpenFlags.O_RDWR, out SafeFileHandle device, out _))
        {
            return null;
        }

        using (device)
        using (SafeFileHandle nothing = FileCalls.Open("/dev/null", OpenFlags.O_RDWR))
        {
            try
            {
                MountCalls.Mount("kerr", target, "fuse.kerr", MountCalls.Flags.MS_RDONLY | MountCalls.Flags.MS_NODEV | MountCalls.Flags.MS_NOSUID,
                    string.Create(CultureInfo.InvariantCulture, $"fd={(int)device.DangerousGetHandle()},rootmode=40755,user_id=0,group_id=0,allow_other,default_permissions"));
            }
            catch (LinuxException)
            {
                return null;
            }

            int file = CurrentProcess.CopyForExec((int)image.DangerousGetHandle());
            try
            {
                string[] arguments = string.Create(
                    CultureInfo.InvariantCulture, $"fuse={ChildProcess.HandedFd} image={file} offset={offset} length={length}").Split(' ');
                return new ImageServerMount(target, ChildProcess.Start(settings.Installation.LibexecDir + "/kerr-image-server", arguments, [], device, nothing));
            }
            finally
            {
                CurrentProcess.Close(file);
            }
        }
    }

    public void Dispose()
    {
        _ = MountCalls.Detach(Path);

        // It ends by itself when the mount is gone; where something else still holds that, it would not.
        ChildProcess.End(_server, kill: true);
    }
}

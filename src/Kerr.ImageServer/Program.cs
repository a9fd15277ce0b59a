using System;
using System.IO;
using Kerr.Image;
using Kerr.Image.SquashFs;
using Kerr.ImageServer.Fuse;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Kerr.ImageServer;

/// <summary>The entry point: takes the descriptors that the starter gave, and serves until the mount is gone.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            ServerOptions options = ServerOptions.Parse(arguments);
            var image = new SafeFileHandle(options.Image, ownsHandle: false);
            var range = new FileRange(image, options.Offset, options.Length);
            var squashfs = new SquashFsImage(range, ServerCodecs.For, metadataBlocks: 256);
            int device = Device(options.Fuse);
            if (device < 0)
            {
                return 0; // the launch ended before its mount was made
            }

            // Everything by name comes before the filter.
            string name = FileSystem.ReadLink($"/proc/self/fd/{options.Image}") ?? "without a name";
            var log = new ServerLog(name, new SystemLog("kerr-image-server").Error);
            SystemCallFilter.Install();
            var session = new FuseSession(new FuseDevice(device), squashfs, new ShownOwner(options.Uid, options.Gid), options.Cache, log);
            CurrentProcess.Exit(session.Run() == Errno.ENODEV ? 0 : 1);
            return 1;
        }
        catch (Exception error) when (error is UserException or LinuxException or InvalidDataException)
        {
            StandardStream.Write(StandardStream.Error, $"FATAL:   {error.Message}\n");
            return 255;
        }
    }

    private static int Device(int descriptor)
    {
        if (!DescriptorIo.IsSocket(descriptor))
        {
            return descriptor;
        }

        int device = DescriptorIo.ReceiveDescriptor(descriptor);
        DescriptorIo.Close(descriptor);
        return device;
    }
}

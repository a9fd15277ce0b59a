using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using Kerr.KernelTests.Starter;
using Kerr.Linux.Files;
using Xunit;

namespace Kerr.KernelTests.ImageServer;

/// <summary>An image that the server serves to this machine, mounted by the test as root.</summary>
internal sealed class MountedImage : IDisposable
{
    private const int ReadOnly = 1, NoSuid = 2, Detach = 2, ReadWrite = 2;

    private readonly bool mounted;

    internal MountedImage(string image, string arguments = "cache=16777216")
    {
        Need();
        Path = Directory.CreateTempSubdirectory("kerr-mounted-").FullName;
        int fuse = open("/dev/fuse", ReadWrite);
        int file = open(image, 0);
        Assert.True(fuse >= 0 && file >= 0);
        string options = string.Create(CultureInfo.InvariantCulture, $"fd={fuse},rootmode=40755,user_id=0,group_id=0,allow_other,default_permissions");
        Assert.Equal(0, mount("kerr-test", Path, "fuse", ReadOnly | NoSuid, options));
        mounted = true;
        Server = Start(fuse, file, new FileInfo(image).Length, arguments);
        DescriptorIo.Close(fuse);
        DescriptorIo.Close(file);
    }

    internal string Path { get; }

    internal Process Server { get; }

    /// <summary>The server as it is installed.</summary>
    internal static string Program => System.IO.Path.Combine(
        System.Environment.GetEnvironmentVariable("KERR_OUT") ?? System.IO.Path.Combine(StarterHost.Repository, "out"), "libexec/kerr/kerr-image-server");

    internal static void Need()
    {
        if (System.Environment.UserName != "root")
        {
            Kerr.Tests.Need.Missing("root, to mount");
        }

        if (!File.Exists(Program))
        {
            Kerr.Tests.Need.Missing($"{Program}: make build");
        }

        if (!File.Exists("/dev/fuse"))
        {
            Kerr.Tests.Need.Missing("/dev/fuse");
        }

        Kerr.Tests.Need.Program("mksquashfs");
        Kerr.Tests.Need.Program("python3");
    }

    /// <summary>Starts a server with these descriptors, which it inherits.</summary>
    internal static Process Start(int fuse, int file, long length, string arguments) => Process.Start(new ProcessStartInfo(
        Program, string.Create(CultureInfo.InvariantCulture, $"fuse={fuse} image={file} offset=0 length={length} {arguments}")))!;

    internal string FileAt(string name) => System.IO.Path.Combine(Path, name);

    internal void Unmount() => Assert.Equal(0, umount2(Path, 0));

    public void Dispose()
    {
        if (mounted)
        {
            _ = umount2(Path, Detach);
        }

        if (!Server.WaitForExit(5000))
        {
            Server.Kill();
            Server.WaitForExit();
        }

        Server.Dispose();
        Directory.Delete(Path);
    }

    [DllImport("libc", SetLastError = true)]
    internal static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int mount(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string source, [MarshalAs(UnmanagedType.LPUTF8Str)] string target,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string type, nuint flags, [MarshalAs(UnmanagedType.LPUTF8Str)] string data);

    [DllImport("libc", SetLastError = true)]
    private static extern int umount2([MarshalAs(UnmanagedType.LPUTF8Str)] string target, int flags);
}

using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S44: nothing of the image's name service is opened, by library or by ourselves (CVE-2019-14271, CVE-2025-32463).</summary>
/// <remarks>What must not be opened is a FIFO: who opens it waits for ever.</remarks>
public class S44_NameServiceTests
{
    private static readonly string[] Traps =
    [
        "/etc/nsswitch.conf", "/etc/ld.so.preload", "/etc/ld.so.cache", "/etc/host.conf", "/etc/gai.conf",
        "/lib/libnss_files.so.2", "/lib/libnss_hostile.so.2", "/lib/x86_64-linux-gnu/libnss_files.so.2", "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib64/libnss_files.so.2", "/usr/lib/x86_64-linux-gnu/libnss_files.so.2", "/usr/lib64/libnss_compat.so.2", "/lib/x86_64-linux-gnu/libnss_systemd.so.2",
    ];

    [Theory]
    [InlineData(Profile.User, "")]
    [InlineData(Profile.User, "-C")]
    [InlineData(Profile.User, "--writable-tmpfs")]
    [InlineData(Profile.Fakeroot, "-C")]
    [InlineData(Profile.Root, "")]
    [InlineData(Profile.Root, "-C")]
    [InlineData(Profile.Root, "--security uid:1234,gid:1234")]
    public void No_file_of_the_images_name_service_is_opened(Profile profile, string options)
    {
        ImageTree image = Images.New();
        foreach (string trap in Traps)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(image.Path + trap)!);
            Host.Run("mkfifo", "-m", "666", image.Path + trap);
        }

        string[] words = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (string target in (string[])[image.Path, image.Sif()])
        {
            As.By(profile).Run(["exec", .. words, target, "/bin/sh", "-c", "test -p /etc/nsswitch.conf && test -p /lib/libnss_files.so.2 && echo there"]).Shows("there");
        }
    }

    [Fact]
    public void An_image_whose_passwd_or_group_would_block_does_not_hold_the_launch()
    {
        foreach (string name in (string[])["passwd", "group", "resolv.conf", "hosts", "localtime"])
        {
            ImageTree image = Images.New().Without("/etc/" + name);
            Host.Run("mkfifo", "-m", "666", $"{image.Path}/etc/{name}");
            As.User.Run("exec", "-C", image.Path, "/bin/echo", name).Shows(name);
        }
    }
}

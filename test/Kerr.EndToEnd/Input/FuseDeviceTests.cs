using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Input;

/// <summary>
/// A host whose /dev/fuse is missing or closed: image files cannot be mounted by users, and where they may not be unpacked the
/// message says what can be done.
/// </summary>
public class FuseDeviceTests
{
    /// <summary>Makes a /dev of a few devices, in a mount namespace of the caller's own.</summary>
    internal const string Without = """
        mount -t tmpfs none /mnt
        for name in null zero full random urandom tty; do : >/mnt/$name; mount --bind /dev/$name /mnt/$name; done
        mkdir /mnt/pts /mnt/shm
        mount --rbind /mnt /dev
        """;

    [Fact]
    public void A_missing_device_is_told()
        => As.User.OnHost(Without).Run("exec", "--no-tmp-sandbox", Images.Sif, "/bin/true").IsFatal("/dev/fuse").Warns("modprobe fuse").Warns($"kerr build --sandbox DIRECTORY {Images.Sif}");

    [Fact]
    public void A_closed_device_is_told()
        => As.User.OnHost(Without + "\nmknod -m 600 /dev/fuse c 10 229").Run("exec", "--no-tmp-sandbox", Images.Sif, "/bin/true")
            .IsFatal("/dev/fuse").Warns("chmod 0666 /dev/fuse").Warns($"kerr build --sandbox DIRECTORY {Images.Sif}");

    [Fact]
    public void What_is_advised_works_there()
    {
        string directory = $"{Host.Directory(TestUser.First)}/unpacked";
        As.User.OnHost(Without).Run("build", "--sandbox", directory, Images.Sif).Succeeds();
        As.User.OnHost(Without).Run("exec", "--no-tmp-sandbox", directory, "/bin/echo", "unpacked").Prints("unpacked");
    }

    [Fact]
    public void A_directory_image_needs_none()
        => As.User.OnHost(Without).Run("exec", Images.Directory, "/bin/echo", "here").Prints("here");
}

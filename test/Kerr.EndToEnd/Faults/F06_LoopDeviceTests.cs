using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F06: a host that has no free loop device. (What stays is looked for after each test.)</summary>
public class F06_LoopDeviceTests
{
    /// <summary>The driver is there, and the devices that it names are not: a /dev that nobody fills.</summary>
    private const string NoneIsMade = "loop-control";

    /// <summary>No driver.</summary>
    private const string NoDriver = "";

    [Theory]
    [InlineData(NoneIsMade)]
    [InlineData(NoDriver)]
    public void Root_is_told_that_there_is_none(string device)
        => As.Root.OnHost(Dev(device)).Run("exec", Images.Sif, "/bin/echo", "here").IsFatal("there is no loop device").Warns("modprobe loop");

    [Fact]
    public void Users_and_directories_need_none()
    {
        As.User.OnHost(Dev(NoDriver)).Run("exec", Images.Sif, "/bin/echo", "here").Prints("here");
        As.Root.OnHost(Dev(NoDriver)).Run("exec", Images.Directory, "/bin/echo", "here").Prints("here");
    }

    private static string Dev(string more) => $"""
        mount -t tmpfs none /mnt
        for name in null zero full random urandom tty fuse {more}; do : >/mnt/$name; mount --bind /dev/$name /mnt/$name; done
        mkdir /mnt/pts /mnt/shm
        mount --rbind /mnt /dev
        """;
}

using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F36: hosts whose root is read-only, whose /tmp is noexec, whose /proc hides others.</summary>
public class F36_HostileHostTests
{
    [Theory]
    [InlineData("mount -o remount,bind,ro /")]
    [InlineData("mount -t tmpfs -o noexec,size=1m none /var/tmp")]
    [InlineData("mount -t proc -o hidepid=2 none /proc")]
    [InlineData("mount --make-rshared /")]
    [InlineData("mount -t tmpfs -o ro none /home")]
    public void A_launch_works(string change)
    {
        foreach (string options in (string[])["", "-C", "--writable-tmpfs", "--fakeroot"])
        {
            foreach (string image in (string[])[Images.Directory, Images.Sif])
            {
                As.User.In("/").OnHost(change).Run(["exec", .. Words(options), image, "/bin/echo", "here"]).Shows("here");
            }
        }
    }

    [Fact]
    public void With_a_noexec_tmp_a_launch_works()
    {
        // The images of the tests are in /tmp: this one moves away first. The programs may be there, too: theirs is a mount of its own.
        As.User.In("/").OnHost($"mount -t tmpfs none /mnt; cp -a {Images.Directory} /mnt/image; cp {Images.Sif} /mnt/image.sif; mount -t tmpfs -o noexec none /var/tmp; mount --bind {Tree.Root} {Tree.Root}; mount --rbind /tmp /tmp; mount -o remount,bind,noexec /tmp")
            .Run("exec", "/mnt/image", "/bin/echo", "here").Shows("here");
        As.User.In("/").OnHost($"mount -t tmpfs none /mnt; cp {Images.Sif} /mnt/image.sif; mount --bind {Tree.Root} {Tree.Root}; mount --rbind /tmp /tmp; mount -o remount,bind,noexec /tmp")
            .Run("exec", "-C", "/mnt/image.sif", "/bin/echo", "here").Shows("here");
    }

    [Fact]
    public void An_image_on_a_noexec_file_system_works_or_is_explained()
    {
        // Overlay does not inherit noexec; a bind of the image does.
        Caller caller = As.User.In("/").OnHost($"mount --bind {Images.Directory} {Images.Directory}; mount -o remount,bind,noexec {Images.Directory}");
        caller.Run("exec", Images.Directory, "/bin/echo", "here").Shows("here");
        caller.Run("-q", "exec", "--underlay", Images.Directory, "/bin/echo", "here").IsFatal("Permission denied").Warns("noexec");
    }

    private static string[] Words(string options) => options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

using System.IO;
using System.Text;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F21: unusual ways to name an image.</summary>
public class F21_ImagePathTests
{
    private const int LongestPath = 4095;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_path_of_the_greatest_length_works(bool sif)
    {
        string image = sif ? Images.Sif : Images.Directory;
        var path = new StringBuilder(Path.GetDirectoryName(image));
        while (path.Length + Path.GetFileName(image).Length + 3 <= LongestPath)
        {
            path.Append("/.");
        }

        path.Append('/', LongestPath - path.Length - Path.GetFileName(image).Length).Append(Path.GetFileName(image));
        Assert.Equal(LongestPath, path.Length);
        As.User.Run("exec", path.ToString(), "/bin/echo", "here").Prints("here");
    }

    [Fact]
    public void A_deep_place_works_or_is_refused_with_the_reason()
    {
        string directory = Host.Directory();
        while (directory.Length < LongestPath - 300)
        {
            directory += "/" + new string('d', 200);
        }

        Directory.CreateDirectory(directory);
        File.Copy(Images.Sif, directory + "/i.sif");
        As.User.Run("exec", directory + "/i.sif", "/bin/echo", "here").Prints("here");
    }

    [Fact]
    public void A_path_that_is_too_long_is_told()
        => As.User.Run("exec", "/" + new string('x', 300), "/bin/true").IsFatal("file name too long");

    [Theory]
    [InlineData("/proc/self/fd/7")]
    [InlineData("/dev/fd/7")]
    public void A_descriptor_of_the_caller_works_for_a_file(string path)
        => As.User.Under("/bin/sh", "-c", $"exec \"$@\" 7<{Images.Sif}", "sh").Run("exec", path, "/bin/echo", "here").Prints("here");

    [Fact]
    public void A_pipe_is_refused()
    {
        As.User.Reading("SIF_MAGIC").Run("exec", "/dev/stdin", "/bin/true").IsFatal("/dev/stdin");
        string fifo = Host.Directory() + "/fifo";
        Host.Run("mkfifo", "-m", "666", fifo);
        As.User.Run("exec", fifo, "/bin/true").IsFatal(fifo);
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev/zero")]
    public void A_device_is_refused(string device) => As.User.Run("exec", device, "/bin/true").IsFatal(device);

    [Fact]
    public void An_image_on_FUSE_works()
    {
        Need.Program("squashfuse");
        string directory = Host.Directory(), inner = Host.Directory(), mounted = Host.Directory();
        File.Copy(Images.Sif, inner + "/image.sif");
        Host.Run("mksquashfs", inner, directory + "/outer.sqfs", "-quiet", "-no-progress");
        Host.Run("squashfuse", "-o", "allow_other", directory + "/outer.sqfs", mounted);
        try
        {
            As.User.Run("exec", mounted + "/image.sif", "/bin/echo", "here").Prints("here");
            As.User.Run("exec", "-C", mounted + "/image.sif", "/bin/echo", "here").Prints("here");
        }
        finally
        {
            Host.Run("umount", "-l", mounted);
        }
    }
}

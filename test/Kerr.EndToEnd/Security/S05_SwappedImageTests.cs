using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S05: an image that becomes another one while the launch looks at it: a directory a link to the host's root, a file another file.</summary>
public class S05_SwappedImageTests
{
    [Theory]
    [InlineData("exec")]
    [InlineData("exec", "--containall")]
    public void The_root_inside_is_never_the_hosts(params string[] options)
    {
        string directory = Host.Directory(TestUser.First), image = directory + "/image";
        using Running swapping = As.User.Named("/bin/sh").Start("-c",
            $"cd {directory}; echo swapping; while :; do ln -s {Images.Directory} next; mv -T next image; ln -s / next; mv -T next image; done");
        swapping.WaitFor("swapping");
        int ran = 0;
        for (int i = 0; i < 150; i++)
        {
            Result result = As.User.Run([.. options, image, "/bin/sh", "-c", "test -d /usr/share && echo the host; echo ran"]);
            ran += result.Out == "ran\n" ? 1 : 0;
            Assert.DoesNotContain("the host", result.Out, StringComparison.Ordinal);
            Assert.True(result.ExitCode is 0 or 255, result.ToString());
        }

        swapping.Signal(9).Wait();
        Assert.True(ran > 0, "no launch came through");
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    public void What_is_mounted_is_the_file_that_was_looked_into(Profile profile)
    {
        // Partitions in different places: with the place of the one, the other is no image.
        string directory = Host.Directory(TestUser.First), image = directory + "/image.sif";
        string bare = Images.New().File("/which", "bare\n").SquashFs(), sif = Images.New().File("/which", "sif\n").Sif();
        using Running swapping = As.User.Named("/bin/sh").Start("-c",
            $"cd {directory}; ln -s {bare} image.sif; echo swapping; while :; do ln -s {bare} next; mv -T next image.sif; ln -s {sif} next; mv -T next image.sif; done");
        swapping.WaitFor("swapping");
        int bares = 0, sifs = 0;
        for (int i = 0; i < 60 || ((bares == 0 || sifs == 0) && i < 600); i++)
        {
            string which = As.By(profile).Run("exec", "--no-share-image", image, "cat", "/which").Succeeds().Silent().Line;
            bares += which == "bare" ? 1 : 0;
            sifs += which == "sif" ? 1 : 0;
            Assert.Equal(i + 1, bares + sifs);
        }

        swapping.Signal(9).Wait();
        Assert.True(bares > 0 && sifs > 0, $"{bares} and {sifs} launches");
    }
}

using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S05: a directory image that becomes a link to the host's root while the launch looks at it.</summary>
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
}

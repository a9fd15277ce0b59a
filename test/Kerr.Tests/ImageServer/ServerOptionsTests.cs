using Kerr.ImageServer;
using Kerr.Linux;
using Xunit;

namespace Kerr.Tests.ImageServer;

public class ServerOptionsTests
{
    [Fact]
    public void Numbers_are_taken_by_name()
        => Assert.Equal(
            new ServerOptions(7, 6, 40_960, 1_000_000, 33_554_432, 1000, 100),
            ServerOptions.Parse(["fuse=7", "image=6", "offset=40960", "length=1000000", "cache=33554432", "uid=1000", "gid=100"]));

    [Theory]
    [InlineData("fuse=3")]                              // no image
    [InlineData("image=3 length=1")]
    [InlineData("fuse=3 image=4")]                      // no length
    [InlineData("fuse=-1 image=4 length=1")]
    [InlineData("fuse=3 image=4 length=1 uid=4294967296")]
    [InlineData("fuse=3 image=4 length=1 other=1")]
    [InlineData("fuse=3 image=4 length=1 offset")]
    [InlineData("fuse=3 image=4 length=0x10")]
    public void Anything_else_is_refused(string arguments)
        => Assert.Throws<UserException>(() => ServerOptions.Parse(arguments.Split(' ')));
}

using System.IO;
using Kerr.ImageServer.Fuse;
using Kerr.Linux;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Kerr.Tests.ImageServer.Fuse;

public class FuseDeviceTests
{
    [Fact]
    public void A_file_that_ends_is_no_source_of_requests()
    {
        using SafeFileHandle empty = File.OpenHandle("/dev/null");
        var device = new FuseDevice((int)empty.DangerousGetHandle());
        Assert.Equal(-(int)Errno.EIO, device.Receive(new byte[64]));
    }
}

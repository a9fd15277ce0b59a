using System.Collections.Generic;
using System.Linq;
using Kerr.Runtime.Devices;
using Kerr.Tests.Runtime.Launch;
using Xunit;

namespace Kerr.Tests.Runtime.Devices;

public class NvidiaGpusTests
{
    private static readonly string[] s_both = ["/dev/nvidia0", "/dev/nvidia1"];

    [Theory]
    [InlineData("all", false, null)]
    [InlineData("", false, null)]
    [InlineData(null, false, null)]
    [InlineData("none", false, "")]
    [InlineData("void", false, "")]
    [InlineData("1", false, "1")]
    [InlineData("0, 1", false, "0,1")]
    [InlineData("GPU-bbbb", false, "1")]
    [InlineData("7,1", false, "1")]             // NVIDIA's tools pass over what is not there
    [InlineData(null, true, null)]
    [InlineData("", true, "")]                  // CUDA: an empty variable hides all
    [InlineData("1,0", true, "1,0")]
    [InlineData("1,7,0", true, "1")]            // CUDA stops at the first that is none
    [InlineData("-1", true, "")]
    [InlineData("NoDevFiles", true, "")]
    [InlineData("GPU-a", true, "0")]            // the beginning of an id is enough
    [InlineData("MIG-GPU-aaaa/1/0", true, null)]
    public void A_variable_chooses(string? value, bool cuda, string? minors)
    {
        NvidiaGpus gpus = NvidiaGpus.Of(Host(), s_both);
        Assert.Equal(minors, Minors(gpus.Chosen(value, cuda, out _)));
    }

    [Fact]
    public void Numbers_count_those_that_the_job_has()
        => Assert.Equal("1", Minors(NvidiaGpus.Of(Host(), ["/dev/nvidia1"]).Chosen("0", cuda: true, out _)));

    [Fact]
    public void Where_GPUs_differ_numbers_mean_nothing_unless_the_order_is_said()
    {
        MadeUpHost host = Host();
        host.Tree.With("/proc/driver/nvidia/gpus/0000:0f:00.0/information", "Model: Other\nGPU UUID: GPU-bbbb\nDevice Minor: 1\n");
        Assert.Null(NvidiaGpus.Of(host, s_both).Chosen("1", cuda: true, out _));
        host.Variables.Add("CUDA_DEVICE_ORDER=PCI_BUS_ID");
        Assert.Equal("1", Minors(NvidiaGpus.Of(host, s_both).Chosen("1", cuda: true, out _)));
    }

    private static MadeUpHost Host()
    {
        var host = new MadeUpHost();
        MadeUpDevices.AddTo(host);
        return host;
    }

    private static string? Minors(List<NvidiaGpu>? gpus)
        => gpus is null ? null : string.Join(',', gpus.Select(gpu => gpu.Minor));
}

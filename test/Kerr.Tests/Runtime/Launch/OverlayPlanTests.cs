using System;
using System.Buffers.Binary;
using System.Linq;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Plan;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;
using Xunit;

namespace Kerr.Tests.Runtime.Launch;

/// <summary>What layers a plan has, who merges them, and which images it locks.</summary>
public sealed class OverlayPlanTests : IDisposable
{
    private static readonly LaunchRequest s_exec = new() { Action = LaunchAction.Exec, Image = "/image", Arguments = ["true"] };
    private readonly TemporaryDirectory directory = new();
    private readonly MadeUpHost host = new();

    public OverlayPlanTests()
    {
        host.Programs["fuse2fs"] = "/usr/bin/fuse2fs";
        host.Programs["fuse-overlayfs"] = "/usr/bin/fuse-overlayfs";
        host.Directories.Add("/dev/fuse");
    }

    public void Dispose() => directory.Dispose();

    [Fact]
    public void A_users_ext3_overlay_is_merged_by_a_server_that_sees_the_session()
    {
        string image = Ext3("o.img");

        LaunchPlan plan = Plan(s_exec with { Overlays = [image] });

        FuseServerStep[] servers = [.. plan.Steps.OfType<FuseServerStep>()];
        Assert.Equal(["/usr/bin/fuse2fs", "-f", "-o", "rw,fakeroot", "{image}", "/dev/fuse"], servers[0].Arguments);
        Assert.Equal(
            ["/usr/bin/fuse-overlayfs", "-f", "-o", "noacl,lowerdir=/sys/.skeleton:/sys/image,upperdir=/sys/overlay0/upper,workdir=/sys/overlay0/work", "{fuse}"],
            servers[1].Arguments);
        RootStep root = plan.Steps.OfType<RootStep>().Single();
        Assert.Equal(1ul, root.Server?.Index);
        Assert.Equal(RootFlags.Overlay | RootFlags.FuseOverlay | RootFlags.Writable, root.Flags & (RootFlags.Overlay | RootFlags.FuseOverlay | RootFlags.Writable));
        Descriptor written = plan.Descriptors.Single(descriptor => descriptor.Path == image);
        Assert.Equal((true, new PartitionRange(0, 8192)), (written.Write, written.Locked));
    }

    [Fact]
    public void A_process_waits_before_any_namespace_is_left_where_a_server_writes()
    {
        LaunchPlan written = Plan(s_exec with { Overlays = [Ext3("o.img")] });
        LaunchPlan read = Plan(s_exec with { Overlays = [Ext3("o.img") + ":ro"] });

        Assert.Equal([typeof(FuseServerStep), typeof(FuseServerStep), typeof(ForkStep), typeof(UnshareStep)], written.Steps.Take(4).Select(static step => step.GetType()));
        Assert.True(((ForkStep)written.Steps[2]).Outside);
        Assert.Empty(read.Steps.OfType<ForkStep>());
    }

    [Fact]
    public void A_read_only_ext3_overlay_is_a_layer_of_the_kernels_and_counts_from_upper()
    {
        LaunchPlan plan = Plan(s_exec with { Overlays = [Ext3("o.img") + ":ro"] });

        RootStep root = plan.Steps.OfType<RootStep>().Single();
        Assert.Equal(["overlay0"], root.Layers);
        Assert.Null(root.Upper);
        Assert.Null(root.Server);
        MountStep upper = plan.Steps.OfType<MountStep>().Single(static step => step.Source == "overlay0/upper");
        Assert.Equal("overlay0", upper.Target);
        Assert.NotEqual(0ul, upper.Flags & MountFlags.SkipMissingSource);
        Assert.False(plan.Descriptors.Single(static descriptor => descriptor.Locked is not null).Write);
    }

    [Fact]
    public void An_image_that_cannot_be_written_is_read_and_that_is_said()
    {
        string image = Ext3("o.img");
        host.Closed.Add(image);

        LaunchPlan plan = Plan(s_exec with { Overlays = [image] });

        Assert.Contains(plan.Notes, note => note.Text.Contains($"Overlay image {image} is not writable, proceeding with read-only", StringComparison.Ordinal));
        Assert.Null(plan.Steps.OfType<RootStep>().Single().Upper);
    }

    [Theory]
    [InlineData(0xEF53, false)]         // ext4
    [InlineData(0x6969, true)]          // NFS
    [InlineData(0x65735546, true)]      // FUSE
    [InlineData(0x0BD00BD0, true)]      // Lustre
    public void An_overlay_directory_goes_to_a_server_where_the_kernel_does_not_write_it(long type, bool server)
    {
        host.Directories.Add("/data");
        host.FileSystems["/data"] = type;

        LaunchPlan plan = Plan(s_exec with { Overlays = ["/data"] });

        Assert.Equal(server, plan.Steps.OfType<RootStep>().Single().Server is not null);
    }

    [Theory]
    [InlineData("fuse2fs", "install the package fuse2fs")]
    [InlineData("fuse-overlayfs", "install the package fuse-overlayfs")]
    public void A_missing_program_is_told_with_its_package(string program, string remedy)
    {
        host.Programs.Remove(program);
        string image = Ext3("o.img");

        var error = Assert.Throws<UserException>(() => Plan(s_exec with { Overlays = [image] }));

        Assert.Contains($"{program}, which is not installed", error.Message, StringComparison.Ordinal);
        Assert.StartsWith(remedy, error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_one_overlay_is_written()
    {
        string image = Ext3("o.img");
        host.Directories.Add("/data");

        var error = Assert.Throws<UserException>(() => Plan(s_exec with { Overlays = ["/data", image] }));

        Assert.Equal($"you can't specify more than one writable overlay, {image} contains a writable overlay, requires to use '--overlay {image}:ro'", error.Message);
    }

    [Fact]
    public void An_ext3_image_is_bound_once_when_it_is_written_and_mounted_once_when_it_is_read()
    {
        string image = Ext3("data.img");

        var error = Assert.Throws<UserException>(() => Plan(s_exec with { Binds = [$"{image}:/a:image-src=/", $"{image}:/b:image-src=/,ro"] }));
        LaunchPlan read = Plan(s_exec with { Binds = [$"{image}:/a:image-src=/,ro", $"{image}:/b:image-src=/below,ro"] });

        Assert.StartsWith($"can't open {image} for reading, currently in use for writing by another bind", error.Message, StringComparison.Ordinal);
        Assert.Single(read.Steps.OfType<FuseServerStep>());
        Assert.Equal(["bind0", "bind0/below"], read.Steps.OfType<MountStep>().Where(static step => step.Source?.StartsWith("bind", StringComparison.Ordinal) == true).Select(static step => step.Source));
    }

    private LaunchPlan Plan(LaunchRequest request)
    {
        var image = new ImageFacts(new ImageFile("/image", ImageKind.Sandbox, null), "/image", null, 0, Writable: false);
        return Planner.Plan(request, SiteConfiguration.Default, image, host, new Installation("/opt/kerr"));
    }

    private string Ext3(string name)
    {
        var bytes = new byte[8192];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1024 + 0x4), 8);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(1080), 0xEF53);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1024 + 0x5C), 0x4);
        string path = directory.Write(name, bytes);
        host.Files.Add(path);
        return path;
    }
}

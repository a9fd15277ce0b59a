using System;
using System.IO;
using System.Text;
using Kerr.Image.Sandbox;
using Kerr.Linux.Files;
using Xunit;

namespace Kerr.Tests.Image.Sandbox;

public sealed class SandboxTreeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public SandboxTreeTests()
    {
        _directory.Write("canary", "the host's");
        _directory.Write("image/bin/dash", "#!");
        _directory.Write("image/etc/hosts", "inside");
        _directory.Write("image/canary/inside", "x");
        File.CreateSymbolicLink(_directory.File("image/bin/sh"), "dash");
        File.CreateSymbolicLink(_directory.File("image/up"), "../canary");
        File.CreateSymbolicLink(_directory.File("image/absolute"), _directory.File("canary"));
        File.CreateSymbolicLink(_directory.File("image/hosts"), "/etc/hosts");
        File.CreateSymbolicLink(_directory.File("image/loop"), "loop");
        File.CreateSymbolicLink(_directory.File("image/magic"), "/proc/self/cwd");
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_files_and_directories(bool walks)
    {
        using SandboxTree tree = Open(walks);

        Assert.Equal("#!", Encoding.ASCII.GetString(tree.ReadFile("/bin/sh", 100)!));
        Assert.Equal("#"u8.ToArray(), tree.ReadStart("bin/dash", 1));
        Assert.Equal(["dash", "sh"], tree.List("/bin")!);
        Assert.Equal(["dash", "sh"], tree.List("/bin/")!);
        Assert.Equal("dash", tree.ReadLink("/bin/sh"));
        Assert.Contains("etc", tree.List("")!);
        Assert.Null(tree.ReadLink("/bin/dash"));
        Assert.Null(tree.ReadFile("/bin", 100));
        Assert.Null(tree.ReadFile("/nothing", 100));
        Assert.Null(tree.List("/bin/dash"));
        Assert.Throws<InvalidDataException>(() => tree.ReadFile("/bin/dash", 1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Never_leaves_the_image(bool walks)
    {
        using SandboxTree tree = Open(walks);

        // Both links point to a file of the host with this name; below the root it is a directory, or nothing.
        Assert.Equal(["inside"], tree.List("/up")!);
        Assert.Null(tree.ReadFile("/absolute", 100));
        Assert.Null(tree.ReadFile("/../canary", 100));
        Assert.Null(tree.ReadFile("/magic/canary", 100));
        Assert.Equal("inside", Encoding.ASCII.GetString(tree.ReadFile("/hosts", 100)!));
        Assert.False(tree.TryStat("/loop", out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tells_a_link_from_what_it_points_to(bool walks)
    {
        using SandboxTree tree = Open(walks);

        Assert.True(tree.TryStat("/hosts", out var followed));
        Assert.True(tree.TryStat("/hosts", out var link, follow: false));
        Assert.True(tree.TryStat("/", out var root));
        Assert.Equal((FileKind.Regular, 6L), (followed.Kind, followed.Size));
        Assert.Equal(FileKind.SymbolicLink, link.Kind);
        Assert.Equal(FileKind.Directory, root.Kind);
        Assert.False(tree.TryStat(new string('x', 300), out _));
    }

    private SandboxTree Open(bool walks)
        => new(FileCalls.Open(_directory.File("image"), OpenFlags.O_PATH | OpenFlags.O_DIRECTORY), walks);
}

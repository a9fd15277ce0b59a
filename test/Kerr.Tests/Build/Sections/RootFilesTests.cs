using System;
using System.IO;
using Kerr.Build.Sections;
using Kerr.Linux;
using Kerr.Linux.Files;
using Xunit;

namespace Kerr.Tests.Build.Sections;

public sealed class RootFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("/etc/passwd", "/etc/passwd")]
    [InlineData("/absolute/passwd", "/etc/passwd")]
    [InlineData("/relative/passwd", "/etc/passwd")]
    [InlineData("/escape/passwd", "/etc/passwd")]           // ../.. ends at the root
    [InlineData("/a/../etc/./passwd", "/etc/passwd")]
    [InlineData("/missing/below", "/missing/below")]
    [InlineData("/chain/passwd", "/etc/passwd")]
    public void Links_are_followed_inside_the_root(string path, string resolved)
    {
        Directory.CreateDirectory(_directory.Path + "/etc");
        File.CreateSymbolicLink(_directory.Path + "/absolute", "/etc");
        File.CreateSymbolicLink(_directory.Path + "/relative", "etc");
        File.CreateSymbolicLink(_directory.Path + "/escape", "../../../../etc");
        File.CreateSymbolicLink(_directory.Path + "/chain", "/absolute/../relative");

        Assert.Equal(_directory.Path + resolved, new RootFiles(_directory.Path).Resolve(path));
    }

    [Fact]
    public void Links_in_a_circle_are_an_error()
    {
        File.CreateSymbolicLink(_directory.Path + "/a", "b");
        File.CreateSymbolicLink(_directory.Path + "/b", "a");
        Assert.Contains("circle", Assert.Throws<UserException>(() => new RootFiles(_directory.Path).Resolve("/a/x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_in_the_last_place_is_replaced_and_not_followed()
    {
        _directory.Write("target", "kept");
        File.CreateSymbolicLink(_directory.Path + "/link", "target");
        new RootFiles(_directory.Path).Write("/link", "new", 0x180);

        Assert.Equal("kept", File.ReadAllText(_directory.Path + "/target"));
        Assert.Equal("new", File.ReadAllText(_directory.Path + "/link"));
        Assert.Equal(0x180, FileSystem.TryStat(_directory.Path + "/link")!.Value.Permissions);
    }

    [Fact]
    public void What_is_there_stays_where_only_missing_files_are_written()
    {
        var root = new RootFiles(_directory.Path);
        root.WriteIfMissing("/a/b/c", "1");
        root.WriteIfMissing("/a/b/c", "2");
        root.LinkIfMissing("/a/b/c", "x");

        Assert.Equal("1", root.Read("/a/b/c"));
        Assert.Null(root.Read("/a/b"));
        Assert.Null(root.Read("/none"));
    }
}

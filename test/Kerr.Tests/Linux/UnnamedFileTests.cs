using System;
using System.IO;
using System.Linq;
using Kerr.Linux.Files;
using Xunit;

namespace Kerr.Tests.Linux;

public sealed class UnnamedFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Appears_when_it_is_published_in_place_of_what_was_there(bool named)
    {
        string target = _directory.Write("x", "old");
        using (var file = new UnnamedFile(target, named))
        {
            FileCalls.Write(file.File, 0, "new"u8);
            Assert.Equal("old", File.ReadAllText(target));
            file.Publish();
        }

        Assert.Equal("new", File.ReadAllText(target));
        Assert.Equal([target], Directory.EnumerateFiles(_directory.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Leaves_nothing_when_it_is_not(bool named)
    {
        new UnnamedFile(_directory.File("x"), named).Dispose();

        Assert.Empty(Directory.EnumerateFiles(_directory.Path));
    }

    [Fact]
    public void Has_a_hidden_name_only_where_it_must()
    {
        using var named = new UnnamedFile(_directory.File("x"), named: true);

        Assert.StartsWith(".kerr-", Path.GetFileName(Directory.EnumerateFiles(_directory.Path).Single()), StringComparison.Ordinal);
    }
}

using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Kerr.Linux;
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
    public void What_a_killed_process_was_about_to_put_there_goes_there_first()
    {
        string target = _directory.Write("x", "old");
        _directory.Write(".kerr-x.tmp", "finished by who was killed");

        Publish(target, "new");

        Assert.Equal("new", File.ReadAllText(target));
        Assert.Equal([target], Directory.EnumerateFiles(_directory.Path));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("a name that is as long as names may be: ")]
    public void A_second_name_that_cannot_be_had_is_done_without(string name)
    {
        string target = _directory.Write(name.PadRight(name.Length > 1 ? 255 : 1, '.'), "old");
        string taken = _directory.File(".kerr-x.tmp");
        Directory.CreateDirectory(taken);

        Publish(target, "new");

        Assert.Equal("new", File.ReadAllText(target));
        Directory.Delete(taken);
        Assert.Equal([target], Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Many_that_publish_under_one_name_all_do_and_leave_nothing()
    {
        string target = _directory.File("x");
        string[] contents = [.. Enumerable.Range(0, 8).Select(static number => new string((char)('a' + number), 100_000))];

        Parallel.ForEach(contents, new ParallelOptions { MaxDegreeOfParallelism = 8 }, content =>
        {
            for (int i = 0; i < 50; i++)
            {
                Publish(target, content);
                Assert.Contains(File.ReadAllText(target), contents);
            }
        });

        Assert.Equal([target], Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void What_may_not_be_replaced_stays_and_nothing_beside_it()
    {
        string target = _directory.File("x");
        Directory.CreateDirectory(target);

        Assert.Throws<LinuxException>(() => Publish(target, "new"));

        Assert.Equal([target], Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    private static void Publish(string target, string content)
    {
        using var file = new UnnamedFile(target);
        FileCalls.Write(file.File, 0, System.Text.Encoding.ASCII.GetBytes(content));
        file.Publish();
    }

    [Fact]
    public void Has_a_hidden_name_only_where_it_must()
    {
        using var named = new UnnamedFile(_directory.File("x"), named: true);

        Assert.StartsWith(".kerr-", Path.GetFileName(Directory.EnumerateFiles(_directory.Path).Single()), StringComparison.Ordinal);
    }
}

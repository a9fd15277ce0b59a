using System;
using System.Globalization;
using System.IO;
using System.Linq;
using Kerr.Build.Sections;
using Kerr.Linux.Files;
using Xunit;

namespace Kerr.Tests.Build.Sections;

public sealed class LayerCacheTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => TreeRemoval.Remove(_directory.Path);

    [Fact]
    public void What_is_kept_is_found_by_its_key()
    {
        using var cache = new LayerCache(_directory.Path);
        string key = LayerCache.Key("a", "b");
        Assert.Null(cache.Find(key));

        string entry = cache.Keep(key, Made("made", "content"));

        Assert.Equal(entry, cache.Find(key));
        Assert.Equal("content", File.ReadAllText(entry + "/layer/file"));
        Assert.False(Directory.Exists(_directory.Path + "/made"));
    }

    [Fact]
    public void The_first_of_two_builds_wins_and_both_can_use_it()
    {
        using LayerCache one = new(_directory.Path), other = new(_directory.Path);
        string key = LayerCache.Key("a");
        string first = one.Keep(key, Made("one", "first"));
        Assert.Equal(first, other.Keep(key, Made("other", "second")));
        Assert.Equal("first", File.ReadAllText(first + "/layer/file"));
    }

    [Theory]
    [InlineData(new[] { "ab", "c" }, new[] { "a", "bc" })]
    [InlineData(new[] { "a", "" }, new[] { "a" })]
    [InlineData(new[] { "a", "b" }, new[] { "b", "a" })]
    public void Keys_differ_where_any_part_does(string[] one, string[] other) => Assert.NotEqual(LayerCache.Key(one), LayerCache.Key(other));

    [Fact]
    public void Entries_that_were_not_used_for_longest_go_first_and_none_that_is_in_use()
    {
        string inUse, old;
        using var user = new LayerCache(_directory.Path);
        inUse = Entry(user, 0);
        using (var cache = new LayerCache(_directory.Path))
        {
            old = Entry(cache, 1);
            for (int i = 2; i < 70; i++)
            {
                _ = Entry(cache, i);
            }
        }

        new LayerCache(_directory.Path).Dispose();

        Assert.True(Directory.Exists(inUse));
        Assert.False(Directory.Exists(old));
        Assert.InRange(Directory.GetDirectories(_directory.Path).Length, 64, 65);
    }

    [Fact]
    public void A_damaged_entry_counts_as_none()
    {
        using var cache = new LayerCache(_directory.Path);
        string key = LayerCache.Key("x");
        Directory.Delete(cache.Keep(key, Made("made", "x")) + "/layer", recursive: true);
        Assert.Null(cache.Find(key));
        Assert.Equal(-1, cache.Below(key));
    }

    [Fact]
    public void A_digest_changes_with_names_modes_and_contents_and_not_with_times()
    {
        _directory.Write("tree/a/file", "1");
        string before = TreeDigest.OfContent(_directory.Path + "/tree");
        File.SetLastWriteTimeUtc(_directory.Path + "/tree/a/file", DateTime.UnixEpoch);
        Assert.Equal(before, TreeDigest.OfContent(_directory.Path + "/tree"));

        TreeCopy.SetMode(_directory.Path + "/tree/a/file", 0x180);
        string mode = TreeDigest.OfContent(_directory.Path + "/tree");
        _directory.Write("tree/a/file", "2");
        string content = TreeDigest.OfContent(_directory.Path + "/tree");
        File.CreateSymbolicLink(_directory.Path + "/tree/link", "a");
        string link = TreeDigest.OfContent(_directory.Path + "/tree");

        Assert.Equal(4, new[] { before, mode, content, link }.Distinct().Count());
    }

    [Fact]
    public void A_place_of_work_is_closed_and_the_next_one_removes_what_was_left()
    {
        string left = _directory.Path + "/kerr-build-1-left", foreign = _directory.Path + "/kerr-build-other";
        _directory.Write("kerr-build-1-left/lock", "");
        _directory.Write("kerr-build-other/file", "no lock: not known to be one of ours");
        using var first = new BuildWorkspace(_directory.Path);
        Assert.Equal(0x1C0, FileSystem.TryStat(first.Path)!.Value.Permissions);
        Assert.False(Directory.Exists(left));
        Assert.True(Directory.Exists(foreign));

        using (var second = new BuildWorkspace(_directory.Path))
        {
            Assert.True(Directory.Exists(first.Path));      // it is at work
            Assert.True(Directory.Exists(second.Path));
        }

        Assert.Single(Directory.GetDirectories(_directory.Path), path => path == first.Path);
    }

    private string Entry(LayerCache cache, int number)
    {
        string entry = cache.Keep(LayerCache.Key(number.ToString(CultureInfo.InvariantCulture)), Made("made", "x"));
        File.SetLastWriteTimeUtc(entry + "/used", DateTime.UnixEpoch.AddDays(number));
        return entry;
    }

    private string Made(string name, string content)
    {
        _directory.Write(name + "/layer/file", content);
        return $"{_directory.Path}/{name}";
    }
}

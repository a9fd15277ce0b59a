using System;
using System.IO;
using Kerr.Linux;
using Kerr.Linux.Files;
using Xunit;

namespace Kerr.Tests.Linux;

public sealed class TreeCopyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => TreeRemoval.Remove(_directory.Path);

    [Fact]
    public void Keeps_modes_times_links_and_hard_links()
    {
        _directory.Write("from/file", "content");
        _directory.Write("from/closed/below", "x");
        TreeCopy.SetMode(At("from/file"), 0x9E8);      // 04750
        File.SetLastWriteTimeUtc(At("from/file"), DateTime.UnixEpoch.AddSeconds(1000));
        File.CreateSymbolicLink(At("from/link"), "/nowhere");
        new TreeCopy(false, true).Copy(At("from/file"), At("second"));
        using (var link = System.Diagnostics.Process.Start("ln", [At("from/file"), At("from/hard")]))
        {
            link.WaitForExit();
        }

        new TreeCopy(followLinks: false, keep: true).Copy(At("from"), At("to"));

        Assert.Equal("content", File.ReadAllText(At("to/file")));
        FileStatus status = FileSystem.TryStat(At("to/file"))!.Value;
        Assert.Equal(0x9E8, status.Permissions);
        Assert.Equal(1000, status.ModifiedAt);
        Assert.Equal(status.Inode, FileSystem.TryStat(At("to/hard"))!.Value.Inode);
        Assert.Equal("/nowhere", FileSystem.ReadLink(At("to/link")));
        Assert.Equal("x", File.ReadAllText(At("to/closed/below")));
    }

    [Fact]
    public void Follows_links_and_forgets_set_id_bits_where_asked()
    {
        _directory.Write("from/file", "content");
        TreeCopy.SetMode(At("from/file"), 0x9ED);
        File.CreateSymbolicLink(At("from/link"), "file");
        new TreeCopy(followLinks: true, keep: false).Copy(At("from"), At("to"));

        FileStatus status = FileSystem.TryStat(At("to/link"), follow: false)!.Value;
        Assert.True(status.IsRegular);
        Assert.Equal(0x1ED, status.Permissions);
    }

    [Fact]
    public void Merges_directories_and_replaces_files()
    {
        _directory.Write("from/a", "new");
        _directory.Write("from/d/b", "new");
        _directory.Write("to/a", "old");
        _directory.Write("to/d/c", "kept");
        new TreeCopy(followLinks: false, keep: true).Copy(At("from"), At("to"));

        Assert.Equal("new", File.ReadAllText(At("to/a")));
        Assert.Equal("new", File.ReadAllText(At("to/d/b")));
        Assert.Equal("kept", File.ReadAllText(At("to/d/c")));
    }

    [Fact]
    public void A_directory_copied_into_itself_ends()
    {
        _directory.Write("from/a", "1");
        new TreeCopy(followLinks: false, keep: true).Copy(At("from"), At("from/below"));
        Assert.Equal("1", File.ReadAllText(At("from/below/a")));
        Assert.False(Directory.Exists(At("from/below/below")));
    }

    [Fact]
    public void Missing_and_unreadable_sources_are_named()
        => Assert.Contains(At("none"), Assert.Throws<LinuxException>(() => new TreeCopy(false, true).Copy(At("none"), At("to"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Removes_closed_directories_and_does_not_follow_links()
    {
        _directory.Write("tree/closed/below/file", "x");
        _directory.Write("outside", "kept");
        File.CreateSymbolicLink(At("tree/link"), At("outside"));
        TreeCopy.SetMode(At("tree/closed/below"), 0);
        TreeCopy.SetMode(At("tree/closed"), 0);

        TreeRemoval.Remove(At("tree"));
        TreeRemoval.Remove(At("tree"));     // nothing there: nothing happens

        Assert.False(Directory.Exists(At("tree")));
        Assert.Equal("kept", File.ReadAllText(At("outside")));
    }

    private string At(string name) => $"{_directory.Path}/{name}";
}

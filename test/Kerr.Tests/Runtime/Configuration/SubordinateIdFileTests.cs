using System;
using System.IO;
using System.Runtime.Versioning;
using Kerr.Linux;
using Kerr.Runtime.Configuration;
using Xunit;

namespace Kerr.Tests.Runtime.Configuration;

/// <summary>/etc/subuid as it is changed: one user's lines, and nothing else.</summary>
[SupportedOSPlatform("linux")]
public sealed class SubordinateIdFileTests : IDisposable
{
    private static readonly UserEntry s_user = new("alice", 1000, 1000, "", "/home/alice", "/bin/sh");
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Other_lines_stay_as_they_are()
    {
        string path = _directory.Write("subuid", "# note\nbob:100000:65536\n!1000:165536:65536\n\nbroken line\n");
        SubordinateIdFile file = SubordinateIdFile.Load(path);

        Assert.Equal(false, file.State(s_user));
        file.Switch(s_user, on: true);
        file.Save();
        Assert.Equal("# note\nbob:100000:65536\n1000:165536:65536\n\nbroken line\n", File.ReadAllText(path));
        Assert.Equal(true, SubordinateIdFile.Load(path).State(s_user));

        file.Switch(s_user, on: false);
        file.Switch(s_user, on: false);
        file.Save();
        Assert.Contains("\n!1000:165536", File.ReadAllText(path), StringComparison.Ordinal);
        file.Remove(s_user);
        file.Save();
        Assert.Equal("# note\nbob:100000:65536\n\nbroken line\n", File.ReadAllText(path));
        Assert.Null(file.State(s_user));
    }

    [Fact]
    public void A_new_range_meets_no_other_of_both_files()
    {
        string uids = _directory.Write("subuid", "bob:4294836224:65536\n"), gids = _directory.Write("subgid", "bob:4294770000:1\n");
        SubordinateIdFile one = SubordinateIdFile.Load(uids), two = SubordinateIdFile.Load(gids);

        // 4294770688 is taken by half: 4294770000 is below it, so the one below goes.
        Assert.Equal(4294770688u, SubordinateIdFile.Free(one, two));
        one.Add(s_user, 4294770688u);
        Assert.Equal(4294639616u, SubordinateIdFile.Free(one, two));
        one.Save();
        Assert.Equal("bob:4294836224:65536\nalice:4294770688:65536\n", File.ReadAllText(uids));
    }

    [Fact]
    public void A_file_that_is_not_there_is_made_readable_for_all()
    {
        string path = _directory.File("new");
        SubordinateIdFile file = SubordinateIdFile.Load(path);
        file.Add(s_user, 100000);
        file.Save();

        Assert.Equal("alice:100000:65536\n", File.ReadAllText(path));
        Assert.Equal((UnixFileMode)0b110_100_100, File.GetUnixFileMode(path));
    }

    [Fact]
    public void When_all_ranges_are_taken_there_is_none()
        => Assert.Null(SubordinateIdFile.Free(SubordinateIdFile.Load(_directory.Write("all", "all:1:4294967294\n"))));
}

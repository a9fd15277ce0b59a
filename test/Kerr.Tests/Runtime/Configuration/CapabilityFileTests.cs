using System;
using System.IO;
using System.Text;
using Kerr.Runtime.Configuration;
using Xunit;

namespace Kerr.Tests.Runtime.Configuration;

public class CapabilityFileTests
{
    private const ulong Kill = 1 << 5, NetRaw = 1 << 13;

    [Fact]
    public void What_is_written_is_read_again()
    {
        CapabilityFile file = Read("");
        file.AddToUser("alice", Kill | NetRaw);
        file.AddToUser("j\u00C3\u00BCrgen \"\\", Kill);         // a name as bytes, UTF-8 and all
        file.AddToGroup("net", NetRaw);
        file.DropFromUser("alice", Kill);

        CapabilityFile again = CapabilityFile.Parse(file.ToBytes());

        Assert.Equal(NetRaw, again.OfUser("alice"));
        Assert.Equal(Kill, again.OfUser("j\u00C3\u00BCrgen \"\\"));
        Assert.Equal(NetRaw, again.OfGroup("net"));
        Assert.Equal(0UL, again.OfUser("net"));
        Assert.Equal(0UL, again.OfUser(null));
    }

    [Fact]
    public void Names_of_later_kernels_stay_and_grant_nothing()
    {
        CapabilityFile file = Read("""{"users": {"alice": ["CAP_OF_TOMORROW", "CAP_KILL"]}, "groups": null}""");
        file.DropFromUser("alice", Capabilities.All);
        file.AddToUser("alice", NetRaw);

        Assert.Equal(NetRaw, file.OfUser("alice"));
        Assert.Contains("CAP_OF_TOMORROW", Encoding.UTF8.GetString(file.ToBytes()), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_has_nothing_is_left_out()
    {
        CapabilityFile file = Read("""{"users": {"alice": []}, "groups": {"net": null}}""");

        Assert.Equal("{}\n", Encoding.UTF8.GetString(file.ToBytes()));
    }

    [Theory]
    [InlineData("""{"users": {"a": ["CAP_KILL"]}} x""")]
    [InlineData("""{"users": {"a": ["CAP_KILL"]}""")]
    [InlineData("""{"users": {"a": [["CAP_KILL"]]}}""")]
    [InlineData("""{"users": ["a"]}""")]
    [InlineData("""{"Users": {}}""")]
    [InlineData("null")]
    [InlineData("\u0001")]
    public void What_is_no_such_file_is_refused(string text)
        => Assert.Throws<InvalidDataException>(() => Read(text));

    [Fact]
    public void So_is_every_beginning_of_a_file()
    {
        const string whole = """{"users": {"alice": ["CAP_KILL"]}, "groups": {"net": ["CAP_NET_RAW"]}}""";
        for (int length = 1; length < whole.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => Read(whole[..length]));
        }
    }

    private static CapabilityFile Read(string text) => CapabilityFile.Parse(Encoding.UTF8.GetBytes(text));
}

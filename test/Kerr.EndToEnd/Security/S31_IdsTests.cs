using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S31: a number is taken exactly, or refused; nothing is cut off, wrapped round or guessed (CVE-2026-30892).</summary>
public class S31_IdsTests
{
    [Theory]
    [InlineData("1000:")]
    [InlineData(":0")]
    [InlineData("+0")]
    [InlineData("-1")]
    [InlineData("4294967295")]
    [InlineData("4294967296")]
    [InlineData("4294968296")]         // 1000 in 32 bits
    [InlineData("18446744073709551616")]
    [InlineData("0x0")]
    [InlineData(" 0")]
    [InlineData("0 ")]
    [InlineData("00")]
    [InlineData("01000")]
    [InlineData("1e3")]
    [InlineData("1.0")]
    [InlineData("")]
    [InlineData("root")]
    [InlineData("\u00B2")]
    [InlineData("1000\n")]
    public void Ids_of_a_payload_are_plain_numbers(string id)
    {
        foreach (Caller caller in (Caller[])[As.User, As.Root])
        {
            foreach (string kind in (string[])["uid", "gid"])
            {
                Result result = caller.Run("exec", "--security", $"{kind}:{id}", Images.Directory, "id");
                Assert.True(result.ExitCode == 255 && result.Out.Length == 0, result.ToString());
            }
        }
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("1000", "1000")]
    [InlineData("65534", "65534")]
    [InlineData("4294967294", "4294967294")]
    public void Others_are_taken_as_they_are(string id, string shown)
    {
        As.User.Run("exec", "--security", $"uid:{id}", Images.Directory, "awk", "/^Uid/ { print $2, $3, $4, $5 }", "/proc/self/status").Prints($"{shown} {shown} {shown} {shown}");
        As.Root.Run("exec", "--security", $"uid:{id},gid:{id}", Images.Directory, "awk", "/^[UG]id/ { print $2, $3, $4, $5 }", "/proc/self/status")
            .Prints($"{shown} {shown} {shown} {shown}\n{shown} {shown} {shown} {shown}");
    }

    [Theory]
    [InlineData("USER:100000:65536", "100000 65536")]
    [InlineData("UID:100000:65536", "100000 65536")]
    [InlineData("USER:100000:", null)]
    [InlineData("USER::65536", null)]
    [InlineData("USER:-1:65536", null)]
    [InlineData("USER:+100000:65536", null)]
    [InlineData("USER:0x0:65536", null)]
    [InlineData("USER: 100000:65536", null)]
    [InlineData("USER:100000:0", null)]
    [InlineData("USER:4294967296:65536", null)]
    [InlineData("USER:4294901760:65536", null)]        // its last id would be the one that is none
    [InlineData("USER:100000:65536:7", null)]
    [InlineData("USERx:100000:65536", null)]
    [InlineData("xUSER:100000:65536", null)]
    public void Subordinate_ids_are_what_the_file_says_or_none(string line, string? mapped)
    {
        line = line.Replace("USER", TestUser.First.Name, StringComparison.Ordinal).Replace("UID", $"{TestUser.First.Uid}", StringComparison.Ordinal);
        string file = Host.Write($"{Host.Directory()}/subids", line + "\n");
        Result result = As.User.OnHost($"mount --bind {file} /etc/subuid; mount --bind {file} /etc/subgid")
            .Run("exec", "--fakeroot", Images.Directory, "awk", "{ print $2, $3 }", "/proc/self/uid_map");
        Assert.Equal(mapped is null ? [$"{TestUser.First.Uid} 1"] : [$"{TestUser.First.Uid} 1", mapped], result.Succeeds().Lines);
    }

    [Theory]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("0x1")]
    [InlineData("4294967297")]
    [InlineData(" 1")]
    [InlineData("")]
    public void So_are_the_numbers_of_partitions(string id)
        => As.User.Run("exec", "-B", $"{Images.Sif}:/mnt:image-src=/,id={id}", Images.Directory, "echo", "ran").IsFatal("id=");
}

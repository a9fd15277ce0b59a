using System;
using System.Globalization;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S43: nobody gains access by losing a group that denies it (shadow CVE-2018-7169).</summary>
public class S43_DenyingGroupTests
{
    private const string Denied = "54321";

    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    [InlineData("--fakeroot")]
    [InlineData("--fakeroot --ignore-subuid")]
    public void A_file_closed_to_a_group_stays_closed_to_its_members_inside(string option)
    {
        string file = Host.Write(Host.Directory() + "/file", "open to all but that group\n");
        Host.Run("chown", "0:" + Denied, file);
        Host.Run("chmod", "0707", file);
        string[] line = ["exec", .. option.Split(' ', StringSplitOptions.RemoveEmptyEntries), "-B", file + ":/file", Images.Directory, "/bin/sh", "-c", "cat /file; setgroups 0 2>/dev/null; cat /file"];

        As.User.Run(line).Shows("open to all");
        Member.Run(line).Ends(1).Warns("Permission denied");
    }

    [Fact]
    public virtual void With_one_id_mapped_groups_cannot_be_set()
    {
        foreach (string option in (string[])["-C", "--ignore-subuid"])
        {
            As.User.Run("exec", option, Images.Directory, "/bin/cat", "/proc/self/setgroups").Prints("deny");
        }

        As.User.Run("exec", "--fakeroot", "--ignore-subuid", Images.Directory, "/bin/cat", "/proc/self/setgroups").Shows("deny");
    }

    [Fact]
    public void With_a_range_of_ids_they_can_unless_an_option_forbids_it()
    {
        Need.Program("newuidmap");
        string ids = Host.Write($"{Host.Directory()}/subids", $"{TestUser.First.Name}:300000:65536\n");
        Caller user = As.User.OnHost($"mount --bind {ids} /etc/subuid; mount --bind {ids} /etc/subgid");
        const string Look = "cat /proc/self/setgroups; wc -l </proc/self/gid_map; id -u";
        user.Run("exec", "--fakeroot", Images.Directory, "sh", "-c", Look).Prints("allow\n2\n0");
        user.Run("exec", "--fakeroot", "--no-setgroups", Images.Directory, "sh", "-c", Look).Prints("deny\n2\n0");
        string definition = Host.Write($"{Host.Directory()}/image.def", $"Bootstrap: localimage\nFrom: {Images.Directory}\n%post\necho groups: $(cat /proc/self/setgroups)\n");
        foreach ((string option, string answer) in (ReadOnlySpan<(string, string)>)[("--force", "allow"), ("--no-setgroups", "deny")])
        {
            Result built = user.Run("build", option, "--disable-cache", "--sandbox", $"{Host.Directory(TestUser.First)}/built", definition).Succeeds();
            Assert.Contains($"groups: {answer}", built.Out + built.Err, StringComparison.Ordinal);
        }

        user.With("SINGULARITY_NO_SETGROUPS=1").Run("exec", "--fakeroot", Images.Directory, "sh", "-c", Look).Prints("deny\n2\n0");
    }

    /// <summary>The test user with the group that is denied.</summary>
    private static Caller Member => As.User with
    {
        User = null,
        Wrapper =
        [
            "/usr/bin/setpriv", $"--reuid={TestUser.First.Name}", $"--regid={TestUser.First.Gid.ToString(CultureInfo.InvariantCulture)}", $"--groups={Denied}", "--",
        ],
    };
}

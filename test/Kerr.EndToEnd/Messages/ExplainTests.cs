using System.IO;
using System.Text.Json;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Messages;

/// <summary>`explain`: what would be done, and why, with nothing done.</summary>
public class ExplainTests
{
    [Fact]
    public void Each_mount_has_its_reason()
    {
        string directory = Host.Directory(TestUser.First);
        Result result = As.User.With("APPTAINER_BINDPATH=/etc:/variable").Run("explain", "exec", "--contain", "-B", $"{directory}:/mnt", "--hostname", "inside", Images.Directory, "true").Succeeds().Silent();
        result.Shows("/mnt").Shows("flag --bind").Shows("flag --contain").Shows("--hostname").Shows("/variable").Shows("configuration:");
    }

    [Fact]
    public void What_is_left_out_has_its_reason_too()
        => As.User.Run("explain", "exec", "--no-home", "--no-mount", "sys", Images.Directory, "true").Shows("home directory").Shows("flag --no-home").Shows("/sys").Shows("flag --no-mount");

    [Fact]
    public void The_readme_shows_what_is_printed()
    {
        string source = System.Environment.GetEnvironmentVariable("KERR_SOURCE") ?? "";
        Need.Feature(File.Exists($"{source}/README.md"), "the sources (KERR_SOURCE)");
        string[] readme = File.ReadAllLines($"{source}/README.md");
        int first = System.Array.FindIndex(readme, static line => line.StartsWith("$ kerr explain", System.StringComparison.Ordinal));
        int last = System.Array.IndexOf(readme, "```", first);
        string[] command = readme[first]["$ kerr ".Length..].Split(' ');
        command[^2] = Images.Sif;
        string printed = As.User.Run(command).Succeeds().Out;

        Assert.True(last - first > 10);
        foreach (string line in readme[(first + 1)..last])
        {
            TestUser user = TestUser.First;
            string expected = System.Text.RegularExpressions.Regex.Replace(
                line.Replace("/home/alice", user.Home, System.StringComparison.Ordinal).Replace("1000 1000", $"{user.Uid} {user.Uid}", System.StringComparison.Ordinal)
                    .Replace("image.sif", Images.Sif, System.StringComparison.Ordinal), " +", " ");
            Assert.True(line.Contains('…', System.StringComparison.Ordinal) || System.Text.RegularExpressions.Regex.Replace(printed, " +", " ").Contains(expected, System.StringComparison.Ordinal), $"{expected}\n{printed}");
        }
    }

    [Fact]
    public void The_same_comes_as_data()
    {
        Result result = As.User.Run("explain", "--json", "exec", "--pid", "-B", "/etc:/mnt", Images.Sif, "echo", "gr\u00FC\u00DF").Succeeds().Silent();
        using JsonDocument document = JsonDocument.Parse(System.Text.Encoding.Latin1.GetBytes(result.Out));
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        Assert.Contains("/mnt", result.Out, System.StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_started_or_made()
    {
        string work = Host.Directory(TestUser.First), overlay = Host.Directory(TestUser.First);
        As.User.Run("explain", "exec", "--contain", "--workdir", work, "--overlay", overlay, Images.Directory, "touch", $"{TestUser.First.Home}/kerr-none").Succeeds();
        Assert.Empty(Directory.GetFileSystemEntries(work));
        Assert.Empty(Directory.GetFileSystemEntries(overlay));
        Assert.False(File.Exists($"{TestUser.First.Home}/kerr-none"));
    }

    [Fact]
    public void It_needs_no_user_namespaces()
        => As.User.Under("unshare", "-U", "sh", "-c", "echo 0 > /proc/sys/user/max_user_namespaces 2> /dev/null; exec \"$@\"", "sh").Run("explain", "exec", Images.Directory, "true").Succeeds();

    [Fact]
    public void A_request_that_cannot_be_met_is_said_as_the_launch_would()
        => As.User.Run("explain", "exec", "--writable", Images.Directory, "true").IsFatal("cannot be written by this user");
}

using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>S19: path limits compare whole components, so that /s2 is not below /s (CVE-2026-47215, CVE-2026-48785).</summary>
public sealed class S19_SetuidPathLimitsTests(SetuidTree tree) : IClassFixture<SetuidTree>
{
    [Theory]
    [InlineData("/s", true)]
    [InlineData("/s/", true)]
    [InlineData("//s", true)]
    [InlineData("/s/below", true)]
    [InlineData("", true)]
    [InlineData("/s2", false)]
    [InlineData("/s/b", false)]
    [InlineData("/s/below/image/further", false)]
    [InlineData("/s/../s", false)]  // no path of a limit
    [InlineData("/t", false)]
    [InlineData("/S", false)]
    [InlineData("/./s", true)]
    [InlineData("/alias", true)]            // links on both sides are followed, as the commands follow them
    [InlineData("/alias/below", true)]
    [InlineData("/alias2", false)]
    [InlineData("/dangling", false)]
    [InlineData("/dangling, TOP/s", true)]
    [InlineData("/closed/s", false)]        // the user may not look there
    public void A_limit_names_whole_directories(string limit, bool allowed)
    {
        string top = Host.Directory();
        string image = top + "/s/below/image";
        Directory.CreateDirectory(top + "/s/below");
        Directory.CreateDirectory(top + "/s2");
        Directory.CreateDirectory(top + "/closed");
        File.CreateSymbolicLink(top + "/closed/s", top + "/s");
        File.SetUnixFileMode(top + "/closed", Modes.OwnerOnly);
        File.CreateSymbolicLink(top + "/alias", top + "/s");
        File.CreateSymbolicLink(top + "/alias2", "s2");
        File.CreateSymbolicLink(top + "/dangling", top + "/nothing");
        Host.Run("cp", "-a", Images.Directory, image);
        tree.Configure();
        string plan = tree.Plan("exec", image, "/bin/echo", "ran");
        tree.Configure($"limit container paths = {top}{limit.Replace("TOP", top, System.StringComparison.Ordinal)}");

        Result result = As.User.Named(Programs.Sealed).Run(plan, tree.Starter, "9", "--");

        result.Ends(allowed ? 0 : 255);
        Assert.Equal(allowed ? "ran\n" : "", result.Out);

        // In a user namespace the commands judge the same; of a limit that could not hold they say that it is a mistake.
        tree.User.Run("exec", "--userns", image, "/bin/echo", "ran").Ends(allowed ? 0 : 255);
    }

    [Fact]
    public void The_configuration_of_builds_forbids_what_the_sites_forbids()
    {
        tree.Configure("limit container paths = /nowhere");
        tree.User.Run("--build-config", "exec", "--userns", Images.Directory, "/bin/echo", "ran").IsFatal("limit container paths");
        tree.Configure("allow user ns = no");
        tree.User.Run("--build-config", "exec", "--userns", Images.Directory, "/bin/echo", "ran").IsFatal("allow user ns = no");
        tree.Configure();
        tree.User.Run("--build-config", "exec", "--userns", Images.Directory, "/bin/echo", "ran").Prints("ran");
    }

    [Fact]
    public void A_link_or_dots_in_the_images_name_lead_to_where_it_is()
    {
        string top = Host.Directory();
        Directory.CreateDirectory(top + "/s");
        Directory.CreateDirectory(top + "/s2");
        Host.Run("cp", "-a", Images.Directory, top + "/s2/image");
        File.CreateSymbolicLink(top + "/s/image", top + "/s2/image");
        Directory.CreateDirectory(top + "/s\nx");
        Host.Run("cp", "-a", Images.Directory, top + "/s\nx/image");
        tree.Configure($"limit container paths = {top}/s");
        foreach (string name in (string[])["/s/image", "/s/../s2/image", "/s\nx/image"])
        {
            Assert.Equal("", tree.User.Run("exec", top + name, "/bin/echo", "ran").Ends(255).Out);
        }
    }
}

using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>
/// S37, S47: the setuid starter runs from its own place only, and only while that place, its configuration and every directory above them are
/// root's (snap-confine CVE-2021-44730, Sarus).
/// </summary>
public sealed class S37_StarterPlaceTests(SetuidTree tree) : IClassFixture<SetuidTree>
{
    [Theory]
    [InlineData("")]
    [InlineData("/libexec")]
    [InlineData("/libexec/kerr")]
    [InlineData("/libexec/kerr/starter-suid")]
    [InlineData("/libexec/kerr/starter-user")]
    [InlineData("/libexec/kerr/session")]
    [InlineData("/etc")]
    [InlineData("/etc/kerr")]
    [InlineData("/etc/kerr/kerr.conf")]
    public void What_others_can_write_is_refused(string below)
    {
        string path = tree.Prefix + below;
        foreach (string change in (string[])["chmod g+w", "chmod o+w", $"chown {TestUser.First.Name}"])
        {
            UnixFileMode mode = File.GetUnixFileMode(path);
            Host.Run([.. change.Split(' '), path]);
            try
            {
                Result result = tree.User.Run("exec", Images.Directory, "/bin/echo", "ran");
                if (below.EndsWith("suid", StringComparison.Ordinal) && change.StartsWith("chown", StringComparison.Ordinal))
                {
                    result.Prints("ran"); // chown takes the bit away: a user namespace is made
                    continue;
                }

                result.Ends(255);
                Assert.Equal("", result.Out);
                Assert.StartsWith("FATAL:   it, and every directory that leads to it, must be owned by root and writable by nobody else: " + tree.Prefix, result.Err, StringComparison.Ordinal);
            }
            finally
            {
                Host.Run("chown", "root", path);
                File.SetUnixFileMode(path, mode);
            }
        }

        tree.User.Run("exec", Images.Directory, "/bin/echo", "ran").Prints("ran");
    }

    [Theory]
    [InlineData("/etc/kerr/kerr.conf")]
    [InlineData("/libexec/kerr/starter-user")]
    [InlineData("/libexec/kerr/session")]
    public void What_is_missing_or_a_link_is_refused(string below)
    {
        string path = tree.Prefix + below;
        string plan = tree.Plan("exec", Images.Directory, "/bin/echo", "ran");
        Host.Run("mv", path, path + ".away");
        try
        {
            Start(plan, tree.Starter).Ends(255).Warns("a file of the setuid mode is missing");
            File.CreateSymbolicLink(path, path + ".away");
            Start(plan, tree.Starter).Ends(255).Warns("must be owned by root");
        }
        finally
        {
            Host.Run("rm", "-f", path);
            Host.Run("mv", path + ".away", path);
        }
    }

    [Fact]
    public void A_link_to_it_or_a_copy_elsewhere_runs_nothing()
    {
        string plan = tree.Plan("exec", Images.Directory, "/bin/echo", "ran");
        Start(plan, tree.Starter).Prints("ran");

        // A hard link where the user could put one, if the kernel let them; then one in a directory of root's.
        string beside = tree.Prefix + "/libexec/kerr/starter-suid.link";
        foreach (string place in (string[])[beside, tree.Prefix + "/starter-suid"])
        {
            Host.Run("ln", tree.Starter, place);
            try
            {
                Start(plan, place).Ends(255).Warns("starter-suid runs only from the place where it was installed");
                Start(plan, tree.Starter).Ends(255).Warns("must be owned by root");
            }
            finally
            {
                File.Delete(place);
            }
        }

        string copy = Host.Directory(TestUser.First) + "/libexec/kerr";
        Directory.CreateDirectory(copy);
        Host.Run("cp", tree.Starter, copy + "/starter-suid");
        Start(plan, copy + "/starter-suid").Ends(255).Warns("starter-suid has not the privilege it needs");
        Start(plan, tree.Starter).Prints("ran");
    }

    [Fact]
    public void A_symbolic_link_leads_to_the_place_itself()
    {
        string plan = tree.Plan("exec", Images.Directory, "/bin/echo", "ran");
        string link = Host.Directory(TestUser.First) + "/starter";
        File.CreateSymbolicLink(link, tree.Starter);
        Start(plan, link).Prints("ran");
    }

    private static Result Start(string plan, string starter) => As.User.Named(Programs.Sealed).Run(plan, starter, "9", "--");
}

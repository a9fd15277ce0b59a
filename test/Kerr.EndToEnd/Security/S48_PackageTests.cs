using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S48: what is built and installed by default has no set-uid file and no file capability.</summary>
public class S48_PackageTests
{
    [Fact]
    public void The_tree_and_what_is_installed_of_it_have_no_privilege()
    {
        string script = $"{Environment.GetEnvironmentVariable("KERR_SOURCE")}/tools/install-tree", stage = Host.Directory();
        Need.Feature(File.Exists(script), "the sources (KERR_SOURCE)");
        Host.Run("sh", script, Tree.Root, stage + "/opt/kerr", stage, "/opt/kerr");

        foreach (string tree in (string[])[Tree.Root, stage])
        {
            Assert.Equal("", Privileged(tree));
        }

        // What the search would find.
        string program = $"{stage}/opt/kerr/libexec/kerr/kerr-starter";
        File.SetUnixFileMode(program, Modes.Everybody | UnixFileMode.SetUser);
        Assert.Contains("kerr-starter", Privileged(stage), StringComparison.Ordinal);
        File.SetUnixFileMode(program, Modes.Everybody);
        Host.Run("setcap", "cap_sys_admin+ep", program);
        Assert.Contains("kerr-starter", Privileged(stage), StringComparison.Ordinal);
    }

    private static string Privileged(string tree) => Host.Run("find", tree, "-perm", "/6000") + Host.Run("getcap", "-r", tree);
}

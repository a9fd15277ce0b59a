using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F20: working directories that are gone, closed, or too deep.</summary>
public class F20_WorkingDirectoryTests
{
    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    public void A_deleted_one_does_not_keep_a_launch_back(string options)
        => Entering("mkdir gone && cd gone && rmdir ../gone").Run(Line(options, "/bin/sh", "-c", "pwd -P")).Shows("/");

    [Theory]
    [InlineData("0000")]
    [InlineData("0300")]
    [InlineData("0100")]
    public void A_closed_one_does_not_keep_a_launch_back(string mode)
    {
        string directory = Host.Directory(TestUser.First);
        Result result = As.User.In(directory).Under("/bin/sh", "-c", $"mkdir closed && cd closed && chmod {mode} . && exec \"$@\"", "sh")
            .Run("exec", Images.Directory, "/bin/sh", "-c", "pwd -P").Succeeds();
        Host.Run("chmod", "700", directory + "/closed");
        Assert.StartsWith("/", result.Line, StringComparison.Ordinal);
    }

    [Fact]
    public void One_deeper_than_a_path_can_be_does_not_keep_a_launch_back()
    {
        string directory = Host.Directory(TestUser.First);
        string name = new('d', 250);
        try
        {
            As.User.In(directory).Under("/bin/bash", "-c", $"for i in {{1..20}}; do mkdir {name} && cd {name} || exit 9; done; exec \"$@\"", "sh")
                .Run("exec", Images.Directory, "/bin/echo", "here").Shows("here");
        }
        finally
        {
            Host.Run("rm", "-rf", directory);
        }
    }

    [Fact]
    public void One_that_the_container_does_not_have_is_told_and_the_home_is_taken()
    {
        string directory = "/opt/kerr-test-cwd";
        Directory.CreateDirectory(directory);
        try
        {
            As.User.In(directory).Run("exec", "--no-mount", "cwd", Images.Directory, "/bin/pwd").Shows(TestUser.First.Home).Warns(directory);
        }
        finally
        {
            Directory.Delete(directory);
        }
    }

    private static Caller Entering(string script)
        => As.User.In(Host.Directory(TestUser.First)).Under("/bin/sh", "-c", script + " && exec \"$@\"", "sh");

    private static string[] Line(string options, params string[] command)
        => ["exec", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), Images.Directory, .. command];
}

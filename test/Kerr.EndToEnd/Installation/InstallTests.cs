using System;
using System.IO;
using System.Linq;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Installation;

/// <summary>`make install`: what is where, readable by everybody whatever the umask and whoever built it.</summary>
public class InstallTests
{
    private static string Script => $"{Environment.GetEnvironmentVariable("KERR_SOURCE")}/tools/install-tree";

    private static string Install(string tree, string stage, string prefix = "/opt/kerr")
    {
        Need.Feature(File.Exists(Script), "the sources (KERR_SOURCE)");
        return Host.Run("sh", "-c", "umask 077; exec sh \"$@\"", "sh", Script, tree, stage + prefix, stage, prefix);
    }

    [Fact]
    public void Under_a_closed_umask_and_from_a_tree_of_somebody_else_everybody_can_use_it()
    {
        string tree = $"{Host.Directory()}/tree", stage = Host.Directory();
        Tree.CopyTo(tree);
        Host.Run("chown", "-R", "12345:12345", tree);
        Host.Run("chmod", "-R", "go-rwx", tree);

        Install(tree, stage);

        Assert.Equal("", Host.Run("find", stage, "!", "-type", "l", "(", "!", "-perm", "-0444", "-o", "-type", "d", "!", "-perm", "0755", "-o", "-perm", "/022", "-o", "!", "-user", "0", ")"));
        Assert.Equal(
            Host.Run("sh", "-c", $"cd {tree} && find . -path ./setuid -prune -o -print | sort"), Host.Run("sh", "-c", $"cd {stage}/opt/kerr && find . | sort"));
        As.User.Named($"{stage}/opt/kerr/bin/kerr").Run("exec", Images.Sif, "echo", "ran").Prints("ran");
    }

    [Fact]
    public void The_tree_itself_can_be_read_by_everybody()
        => Assert.Equal("", Host.Run("find", Tree.Root, "!", "-type", "l", "(", "!", "-perm", "-0444", "-o", "-perm", "/022", ")"));

    [Fact]
    public void Installing_again_keeps_the_configuration_and_replaces_a_program_that_runs()
    {
        string stage = Host.Directory(), conf = $"{stage}/opt/kerr/etc/kerr/kerr.conf", program = $"{stage}/opt/kerr/bin/kerr";
        Install(Tree.Root, stage);
        File.AppendAllText(conf, "# mine\n");
        using FileStream open = File.OpenRead(program);
        string inode = Host.Run("stat", "-c", "%i", program);

        Assert.Contains("kept: ", Install(Tree.Root, stage), StringComparison.Ordinal);

        Assert.Contains("# mine", File.ReadAllText(conf), StringComparison.Ordinal);
        Assert.NotEqual(inode, Host.Run("stat", "-c", "%i", program));
    }

    [Fact]
    public void Under_usr_the_configuration_lies_in_etc()
    {
        string stage = Host.Directory();
        Install(Tree.Root, stage, "/usr");

        Assert.True(File.Exists($"{stage}/etc/kerr/kerr.conf"));
        Assert.False(Directory.Exists($"{stage}/usr/etc"));
    }

    [Fact]
    public void Man_pages_completions_and_documents_lie_where_they_are_looked_for()
    {
        string share = $"{Tree.Root}/share";
        string[] pages = [.. Directory.GetFiles($"{share}/man/man1").Select(path => Path.GetFileName(path))];
        Assert.Contains("kerr.1", pages);
        Assert.Contains("kerr-exec.1", pages);
        Assert.Equal(As.User.Run("manpage").Succeeds().Lines.Order(), pages.Select(page => page[..^2]).Order());
        Assert.Equal(As.User.Run("completion", "bash").Succeeds().Out, File.ReadAllText($"{share}/bash-completion/completions/apptainer", System.Text.Encoding.Latin1));
        Assert.StartsWith("#compdef kerr", File.ReadAllText($"{share}/zsh/site-functions/_kerr"), StringComparison.Ordinal);
        Assert.True(File.Exists($"{share}/fish/vendor_completions.d/kerr.fish"));
        Assert.True(File.Exists($"{share}/doc/kerr/docs/compatibility.md"));
        As.User.Run("completion", "csh").Ends(1).Warns("no completion for \"csh\": shells are bash, zsh, fish");
    }
}

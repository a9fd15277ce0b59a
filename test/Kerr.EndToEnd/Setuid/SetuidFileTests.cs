using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Xml.Linq;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>What the privileged program is as a file, and how much of it there is to read.</summary>
public sealed class SetuidFileTests
{
    private const int MostLines = 1_500;

    [Fact]
    public void It_is_static_and_at_most_64_KiB()
    {
        byte[] file = File.ReadAllBytes(Tree.Root + "/setuid/starter-suid");
        Assert.InRange(file.Length, 4096, 65536);
        Assert.DoesNotContain("INTERP", Host.Run("readelf", "-lW", Tree.Root + "/setuid/starter-suid"), StringComparison.Ordinal);
        Assert.Contains("no dynamic section", Host.Run("readelf", "-dW", Tree.Root + "/setuid/starter-suid"), StringComparison.Ordinal);
    }

    /// <summary>Lines of code, of its own and of those that it has together with the starter: neither blank, nor a comment, nor a lone brace.</summary>
    [Fact]
    public void Its_own_code_is_at_most_1500_lines()
    {
        string[] files = [.. Sources(SetuidTree.Source + "/src/Kerr.StarterSuid/Kerr.StarterSuid.csproj")];
        Assert.Contains(files, static file => file.EndsWith("/Program.cs", StringComparison.Ordinal));
        Assert.Contains(files, static file => file.EndsWith("/Kerr.Starter/Sys.cs", StringComparison.Ordinal));
        Assert.InRange(files.Sum(static file => File.ReadLines(file).Count(IsCode)), 500, MostLines);
    }

    [Fact]
    public void S48_neither_the_tree_nor_the_usual_installation_has_a_set_uid_file_or_a_file_capability()
    {
        string prefix = Host.Directory() + "/usual";
        Host.Run(SetuidTree.Source + "/tools/install-tree", Tree.Root, prefix, "", prefix);
        foreach (string tree in (string[])[Tree.Root, prefix])
        {
            Assert.Equal("", Host.Run("find", tree, "-perm", "/6000"));
            Assert.Equal("", Host.Run("getcap", "-r", tree));
        }

        Assert.False(File.Exists(prefix + "/libexec/kerr/starter-suid"));
        Assert.False(Directory.Exists(prefix + "/setuid"));
    }

    [Fact]
    public void By_hand_it_does_nothing()
    {
        using var tree = new SetuidTree();
        foreach (string[] arguments in (string[][])[[], ["0"], ["-1"], ["3"], ["99999999999999999999"], ["9x"], ["9", "serve", "more"]])
        {
            Result result = As.User.Named(tree.Starter).Run(arguments).Ends(255);
            result.IsFatal("starter-suid is started by kerr, not by hand");
        }

        // Root needs no set-uid program, and one that is run by root would have nobody to become.
        As.Root.Named(Programs.Sealed).Run(tree.Configuration, tree.Starter, "9", "--").Ends(255).Warns("has not the privilege it needs");
    }

    /// <summary>All that a project compiles: what lies beside it, and what it says.</summary>
    private static IEnumerable<string> Sources(string project)
    {
        string folder = Path.GetDirectoryName(project)!;
        IEnumerable<string> Named(XAttribute? patterns) => (patterns?.Value ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(pattern => Path.GetFullPath(Path.Combine(folder, pattern)))
            .SelectMany(static pattern => Directory.GetFiles(Path.GetDirectoryName(pattern)!, Path.GetFileName(pattern)));

        return Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories).Where(file => !file[folder.Length..].StartsWith("/obj/", StringComparison.Ordinal))
            .Concat(XDocument.Load(project).Descendants("Compile").SelectMany(item => Named(item.Attribute("Include")).Except(Named(item.Attribute("Exclude")))));
    }

    private static bool IsCode(string line)
    {
        string text = line.Trim();
        return text.Length > 0 && !text.StartsWith("//", StringComparison.Ordinal) && text is not ("{" or "}" or "};" or "});");
    }
}

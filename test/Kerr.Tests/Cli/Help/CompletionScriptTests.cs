using System.Diagnostics;
using Kerr.Cli.Help.Completion;
using Xunit;

namespace Kerr.Tests.Cli.Help;

/// <summary>The scripts for zsh and fish: that these shells understand them, and what fish makes of them.</summary>
public class CompletionScriptTests
{
    [Fact]
    public void Zsh_understands_its_script()
    {
        Need.Program("zsh");
        using var directory = new TemporaryDirectory();
        Run("zsh", "-f", "-n", directory.Write("_kerr", ZshCompletion.Script()));
        string script = directory.Write("state", ZshCompletion.Script());
        string Offered(string line) => Run("zsh", "-f", "-c",
            $"compdef() {{ :; }}; _files() {{ echo files; }}; _describe() {{ print -l -- ${{(P)@[-1]}}; }}; source {script}; words=(${{=1}}); CURRENT=$(({line.Split(' ').Length})); "
            + "words[CURRENT]=${words[CURRENT]-}; _kerr", "zsh", line);

        Assert.Contains("list:List the objects of a SIF file\n", Offered("kerr siftool "), System.StringComparison.Ordinal);
        Assert.DoesNotContain("exec:", Offered("kerr siftool "), System.StringComparison.Ordinal);
        Assert.Contains("\n--no-home:do not show the home directory, unless it is the working directory\n", Offered("kerr explain exec --bind /a -"), System.StringComparison.Ordinal);
        Assert.Equal("files\n", Offered("kerr exec --bind /"));
        Assert.Equal("files\n", Offered("kerr exec image.sif -"));
    }

    [Theory]
    [InlineData("kerr exe", "exec\tRun a command within a container\n")]
    [InlineData("apptainer sif li", "list\tList the objects of a SIF file\n")]
    [InlineData("kerr exec --bind /a --writable-", "--writable-tmpfs\tlet everything be written, in memory, and forget it at the end\n")]
    [InlineData("kerr exec image.sif --writable-", "")]
    [InlineData("kerr explain exec --no-ho", "--no-home\tdo not show the home directory, unless it is the working directory\n")]
    public void Fish_offers_what_fits(string line, string offered)
    {
        Need.Program("fish");
        using var directory = new TemporaryDirectory();
        string script = directory.Write("kerr.fish", FishCompletion.Script());

        Assert.Equal(offered, Run("fish", "--no-config", "-c", $"source {script}; complete -C '{line}'"));
    }

    private static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = System.IO.Path.GetTempPath();
        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(("", 0), (errors.Result, process.ExitCode));
        return output;
    }
}

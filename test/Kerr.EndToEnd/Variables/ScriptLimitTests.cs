using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Variables;

/// <summary>`--runscript-timeout`: how long the image's environment scripts may take.</summary>
public class ScriptLimitTests
{
    private const string Sleep = "/bin/busybox sleep";      // not the shell's own

    private static ImageTree With(string script) => Images.New()
        .Script("/.singularity.d/env/90-environment.sh", script + "\n")
        .Script("/.singularity.d/runscript", "#!/bin/sh\necho \"$X [$*] $(umask) $(ulimit -n)\"\nls /proc/self/fd\nexit 3\n");

    [Theory]
    [InlineData($"{Sleep} 300", $"command \"{Sleep} 300\"", Profile.User)]
    [InlineData($"{Sleep} 300", $"command \"{Sleep} 300\"", Profile.Root)]
    [InlineData($"{Sleep} 300", $"command \"{Sleep} 300\"", Profile.Fakeroot)]
    [InlineData($"X=$( (echo x; {Sleep} 301; echo y) )", $"command \"{Sleep} 301\"", Profile.User)]       // in a subshell of a subshell
    [InlineData($"trap '' TERM; {Sleep} 302 & wait", $"command \"{Sleep} 302\"", Profile.User)]
    [InlineData("while :; do X=$((X+1)); done; id", "the shell of the image's environment scripts", Profile.User)]
    public void What_takes_longer_is_ended_and_named(string script, string subject, Profile profile)
        => As.By(profile).Run("run", "--runscript-timeout", "1s", With(script).Path)
            .IsFatal($"{subject} was killed after 1s timeout").Warns("--runscript-timeout 5m");

    [Theory]
    [InlineData("")]
    [InlineData("--pid")]
    [InlineData("--pid --no-init")]
    public void So_it_is_among_processes_of_its_own(string options)
        => As.User.Run([.. Words("run", options), "--runscript-timeout", "500ms", With($"{Sleep} 300").Sif()])
            .IsFatal($"command \"{Sleep} 300\" was killed after 500ms timeout");

    [Theory]
    [InlineData("")]
    [InlineData("--pid")]
    [InlineData("--pid --no-init")]
    public void What_is_done_in_time_has_its_whole_effect(string options)
    {
        string image = With("export X=\"$(/bin/busybox echo two words)\"\numask 027\nulimit -n 77\n").Path;
        Result without = As.User.Run([.. Words("run", options), image, "a", "b"]).Ends(3).Silent();
        Result with = As.User.Run([.. Words("run", options), "--runscript-timeout", "1m30s", image, "a", "b"]).Ends(3).Silent();
        Assert.Equal("two words [a b] 0027 77", with.Lines[0]);
        Assert.Equal(without.Out, with.Out);        // the same descriptors, too
    }

    [Theory]
    [InlineData("exit 7; id", 7, 0)]
    [InlineData("$(/bin/busybox echo kill) -9 $$", -1, 9)]
    public void A_script_that_ends_the_launch_does(string script, int code, int signal)
    {
        Result result = As.User.Run("run", "--runscript-timeout", "1m", With(script).Path);
        Assert.Equal((code, signal), (result.ExitCode, result.Signal));
    }

    [Fact]
    public void The_payload_has_all_the_time_it_wants()
    {
        ImageTree image = With("export X=$(/bin/busybox echo x)").Script("/.singularity.d/runscript", $"#!/bin/sh\n{Sleep} 2\necho done\n");
        As.User.With("APPTAINER_RUNSCRIPT_TIMEOUT=1s").Run("run", image.Path).Prints("done");
    }

    [Fact]
    public void Who_ignores_the_end_of_children_still_learns_of_this_one()
    {
        Result result = As.User.Under("/bin/sh", "-c", "trap '' CHLD; exec \"$@\"", "sh").Run("run", "--runscript-timeout", "1m", With("export X=$(/bin/busybox echo x)").Path).Ends(3);
        Assert.StartsWith("x [] ", result.Out, System.StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_tells_the_time()
    {
        string image = With("export X=$(/bin/busybox echo x)").Path;
        As.User.Run("explain", "--json", "run", "--runscript-timeout", "90s", image).Shows("for 1m30s at most");
        As.User.Run("explain", "--json", "run", image).Hides("at most");
    }

    [Theory]
    [InlineData("1x")]
    [InlineData("0")]
    [InlineData("-1s")]
    public void A_time_that_is_none_is_refused(string time)
    {
        As.User.Run("run", $"--runscript-timeout={time}", Images.Directory).IsFatal($"\"{time}\" is no time to wait");
        As.User.With($"APPTAINER_RUNSCRIPT_TIMEOUT={time}").Run("run", Images.Directory).IsFatal("APPTAINER_RUNSCRIPT_TIMEOUT");
    }

    private static string[] Words(string command, string options) => [command, .. options.Split(' ', System.StringSplitOptions.RemoveEmptyEntries)];
}

using System;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>
/// What a hostile payload under --containall can do to the process that launched it, and to one that runs beside it as the
/// same user. Each attack is tried without a container first, where it has to succeed.
/// </summary>
public class ContainedPayloadTests
{
    private const string Name = "kerr-victim-of-a-test";
    private const string Variable = "VICTIM_SECRET=in-the-environment";

    public static TheoryData<string, string, string[]> Attacks
    {
        get
        {
            var rows = new TheoryData<string, string, string[]>();
            foreach (string victim in (string[])["parent", "sibling"])
            {
                foreach (string attack in (string[])
                [
                    $"scan {Name}", "scan VICTIM_SECRET", "signal @PID", "ptrace @PID", "environ @PID", "memory @PID @ADDRESS",
                    "descriptor @PID", "segment @KEY @ID", $"shared {Name}", $"queue {Name}", $"abstract {Name}",
                ])
                {
                    rows.Add(victim, attack, attack.StartsWith("abstract", StringComparison.Ordinal) ? ["-C", "--net", "--network", "none"] : ["-C"]);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Is_refused_what_it_could_do_outside(string victim, string attack, string[] options)
    {
        string[] words = attack.Split(' ');
        Caller attacked = As.User.With(Variable).Under(Programs.Victim, victim, Name);
        attacked.Named(Programs.Hostile).Run(words).Shows("reached: ");

        Result result = attacked.Run(["exec", .. options, "-B", $"{Programs.Hostile}:/hostile", Images.Directory, "/hostile", .. words]).Ends(1);
        Assert.StartsWith("refused: ", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("signal ", result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("parent", "signal-all")]
    [InlineData("sibling", "signal-all")]
    [InlineData("parent", "signal-group")]
    [InlineData("sibling", "signal-group")]
    public void Reaches_nobody_outside_with_a_signal_to_all(string victim, string attack)
    {
        NeedSignalScope();
        Caller attacked = As.User.Under(Programs.Victim, victim, Name);
        Outside(attacked.Named(Programs.Hostile), attack);

        Result result = attacked.Run("exec", "-C", "-B", $"{Programs.Hostile}:/hostile", Images.Directory, "/hostile", attack);
        Assert.DoesNotContain("signal 10", result.Out, StringComparison.Ordinal);
        Assert.Contains(attack == "signal-all" ? "refused: ESRCH" : "reached: some", result.Out, StringComparison.Ordinal); // itself, in its group
    }

    [Fact]
    public void Finds_nothing_of_the_launch_in_the_descriptors_that_its_shell_inherits()
    {
        // An image's environment scripts are run by its own shell, with descriptors of the launch open.
        string image = Images.New().Copy("/hostile", Programs.Hostile)
            .Script("/.singularity.d/env/10-hostile.sh", "/hostile descriptors VICTIM_SECRET >&2; /hostile descriptors true >&2\n").Path;

        As.User.With(Variable).Run("exec", "-C", image, "/bin/true")
            .Succeeds().Warns("refused: ENOENT").Warns("reached: /proc/self/fd/");   // the plan is there, and the caller's environment is not in it
    }

    [Fact]
    public void Does_not_see_the_directories_of_the_host()
    {
        string home = As.User.WorkingDirectory;
        Host.Own(Host.Write(home + "/kerr-secret", "secret\n"), TestUser.First);
        try
        {
            foreach (string path in (string[])[home + "/kerr-secret", Tree.Run, Tree.Root])
            {
                As.User.Run("exec", "-C", Images.Directory, "/bin/ls", "-d", path).Ends(1).Warns("No such file");
            }
        }
        finally
        {
            System.IO.File.Delete(home + "/kerr-secret");
        }
    }

    [Theory]
    [InlineData("signal @PID")]
    [InlineData("segment @KEY @ID")]
    [InlineData("scan " + Name)]
    [InlineData("shared " + Name)]
    [InlineData("abstract " + Name)]
    public void Without_it_these_are_open_as_the_documentation_says(string attack)
        => As.User.Under(Programs.Victim, "sibling", Name)
            .Run(["exec", "-B", $"{Programs.Hostile}:/hostile", Images.Directory, "/hostile", .. attack.Split(' ')]).Shows("reached: ");

    [Theory]
    [InlineData("memory @PID @ADDRESS")]
    [InlineData("ptrace @PID")]
    [InlineData("environ @PID")]
    [InlineData("descriptor @PID")]
    public virtual void Without_it_these_are_closed_by_the_user_namespace(string attack)
        => As.User.Under(Programs.Victim, "sibling", Name)
            .Run(["exec", "-B", $"{Programs.Hostile}:/hostile", Images.Directory, "/hostile", .. attack.Split(' ')]).Ends(1);

    private static void Outside(Caller caller, string attack)
    {
        // On the bare host kill(-1) would reach every process of the user: tried in a PID namespace, whose process 1 it spares.
        Caller inside = attack == "signal-all"
            ? caller with { Wrapper = ["/usr/bin/unshare", "--user", "--pid", "--fork", "/bin/sh", "-c", "\"$@\"; exit $?", "sh", .. caller.Wrapper] } : caller;
        inside.Run(attack).Shows("signal 10");
    }

    private static void NeedSignalScope()
    {
        if (LandlockVersion() < 6)
        {
            Need.Missing("Landlock that confines signals (Linux 6.12)");
        }
    }

    private static int LandlockVersion()
    {
        const int CreateRuleset = 444, AskVersion = 1;
        return (int)LibC.syscall(CreateRuleset, 0, 0, AskVersion);
    }
}

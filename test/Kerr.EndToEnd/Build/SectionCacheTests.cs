using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Build;

/// <summary>Results of sections are taken from earlier builds as long as nothing that they depend on has changed.</summary>
public class SectionCacheTests
{
    private const string Post = """
        %post
            VALUE='a "b" $c'
            export EXPORTED=yes
            say() { echo "said $1 with $VALUE"; }
            cd /opt
            umask 022
            set -u
            echo one >> steps
            echo two >> steps
            say three >> steps
            echo "$EXPORTED $(sh -c 'echo $EXPORTED') $(pwd)" >> steps
            touch private

        """;

    private const string Expected = "one\ntwo\nsaid three with a \"b\" $c\nyes yes /opt";

    [Fact]
    public void A_change_of_the_last_line_runs_only_that_again()
    {
        var definition = new Definition(Builder.Single, Post + "    echo last 1 >> steps\n");
        definition.Then("cat /opt/steps; stat -c %a /opt/private").Prints(Expected + "\nlast 1\n644");

        definition.Change(Post + "    echo last 2 >> steps\n");
        Result built = definition.Build().Succeeds();

        Assert.DoesNotContain("+ echo one", built.Err, StringComparison.Ordinal);
        Assert.Contains("+ echo last 2", built.Err, StringComparison.Ordinal);
        definition.Shell("cat /opt/steps").Prints(Expected + "\nlast 2");
    }

    [Theory]
    [InlineData("echo two >> steps", "echo changed >> steps", "+ echo changed")]        // in the middle: what is after it, too
    [InlineData("touch private", "rm steps; touch steps private", "+ rm steps")]
    public void What_follows_a_change_runs_in_the_state_that_came_before(string before, string after, string ran)
    {
        var definition = new Definition(Builder.Single, Post + "    echo \"last $VALUE\" >> steps\n");
        definition.Build().Succeeds();
        definition.Change(Post.Replace(before, after, StringComparison.Ordinal) + "    echo \"last $VALUE\" >> steps\n");
        Result built = definition.Build().Succeeds();
        string changed = definition.Shell("cat /opt/steps").Out;
        Assert.Contains(ran, built.Err, StringComparison.Ordinal);

        definition.Build("--no-cache").Succeeds();

        Assert.Equal(changed, definition.Shell("cat /opt/steps").Out);
    }

    [Fact]
    public void Nothing_runs_again_when_nothing_changed_and_everything_with_no_cache()
    {
        var definition = new Definition(Builder.Single, Post);
        definition.Build().Succeeds();
        Assert.DoesNotContain("+ ", definition.Build().Succeeds().Err, StringComparison.Ordinal);
        Assert.Contains("+ echo one", definition.Build("--no-cache").Succeeds().Err, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_changed_runs_what_comes_after_it()
    {
        var definition = new Definition(Builder.Single, "%files\n given /opt/given\n%post\n cat /opt/given > /opt/copied\n").File("given", "1");
        definition.Then("cat /opt/copied").Prints("1");
        definition.File("given", "2");
        definition.Then("cat /opt/copied").Prints("2");
    }

    [Fact]
    public void Temporary_files_are_there_for_what_follows_and_not_in_the_image()
    {
        var definition = new Definition(Builder.Single, "%files\n given /tmp/given\n%post\n echo 1 > /tmp/left\n echo 2 > /var/tmp/left\n true\n cat /tmp/left /tmp/given > /opt/f\n").File("given", "g");
        definition.Build().Succeeds();
        definition.Change(File.ReadAllText(definition.Directory + "/image.def").Replace("/opt/f", "/opt/g", StringComparison.Ordinal));
        definition.Build().Succeeds();
        definition.Caller.Run("exec", "--contain", "--no-mount", "tmp", "image.sif", "sh", "-c", "cat /opt/g; ls /tmp /var/tmp").Prints("1\ng/tmp:\ngiven\n\n/var/tmp:");
    }

    [Fact]
    public void What_a_section_removed_stays_away()
    {
        var definition = new Definition(Builder.Single, "%post\n rm /etc/os-release\n rm -r /srv\n mkdir /srv\n touch /srv/new\n echo 1 > /opt/last\n");
        definition.Build().Succeeds();
        definition.Change("%post\n rm /etc/os-release\n rm -r /srv\n mkdir /srv\n touch /srv/new\n echo 2 > /opt/last\n");
        definition.Then("ls /etc/os-release 2>/dev/null; ls /srv; cat /opt/last").Prints("new\n2");
    }

    [Theory]
    [InlineData("trap 'echo trapped >> /opt/f' EXIT\n echo 1 >> /opt/f\n echo 2 >> /opt/f", "1\n2\ntrapped")]
    [InlineData("exec 3>/opt/f\n echo 1 >&3\n echo 2 >&3", "1\n2")]
    [InlineData("eval X=5\n true\n echo $X > /opt/f", "5")]
    [InlineData("set -- a b\n true\n echo $2 > /opt/f", "b")]
    [InlineData("echo $$ > /tmp/pid\n true\n test $$ = $(cat /tmp/pid) && echo same > /opt/f", "same")]
    [InlineData("cat > /opt/f <<EOF\nline\n  %notasection\nEOF\n true", "line")]
    public void A_script_that_cannot_be_cut_is_run_as_a_whole(string script, string content)
    {
        if (script.Contains("%notasection", StringComparison.Ordinal))
        {
            script = script.Replace("  %notasection\n", "", StringComparison.Ordinal);
        }

        new Definition(Builder.Single, "%post\n " + script + "\n").Then("cat /opt/f").Prints(content);
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_done_without()
    {
        var definition = new Definition(Builder.Single, "%post\n echo 1 > /opt/f\n");
        File.WriteAllText(definition.Directory + "/file", "");
        definition.Caller.With($"APPTAINER_CACHEDIR={definition.Directory}/file").Run("build", "--ignore-subuid", "image.sif", "image.def").Succeeds().Warns("cannot be written");
        definition.Shell("cat /opt/f").Prints("1");
    }

    [Fact]
    public void Many_builds_at_once_share_one_cache()
    {
        var definition = new Definition(Builder.Single, Post);
        var running = new System.Collections.Generic.List<Running>();
        for (int i = 0; i < 6; i++)
        {
            running.Add(definition.Caller.Start("build", "--ignore-subuid", $"image{i}.sif", "image.def"));
        }

        foreach (Running build in running)
        {
            build.Wait().Succeeds();
        }

        byte[] first = File.ReadAllBytes(definition.Directory + "/image0.sif");
        for (int i = 1; i < 6; i++)
        {
            Assert.Equal(first, File.ReadAllBytes($"{definition.Directory}/image{i}.sif"));
        }

        definition.AssertClean();
    }
}

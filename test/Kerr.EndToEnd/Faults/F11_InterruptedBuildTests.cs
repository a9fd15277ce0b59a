using System.IO;
using Kerr.EndToEnd.Build;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F10–F13: a build that is ended from outside, or by what it runs, leaves the old target whole and nothing else.</summary>
public class F11_InterruptedBuildTests
{
    private const int SIGINT = 2, SIGKILL = 9, SIGTERM = 15;

    [Theory]
    [InlineData("%pre", SIGTERM)]
    [InlineData("%setup", SIGTERM)]
    [InlineData("%post", SIGTERM)]
    [InlineData("%post", SIGINT)]
    [InlineData("%appinstall x", SIGTERM)]
    [InlineData("%test", SIGTERM)]
    public void Cancelling_in_each_section_leaves_nothing(string section, int signal)
    {
        var definition = new Definition(Builder.Single, section + "\n echo reached\n mkdir -p opt/closed/below 2>/dev/null && chmod 0 opt/closed\n sleep 50\n");
        Host.Write(definition.Target, "old");
        using Running running = definition.Start("--no-cache");
        running.WaitFor("reached").Signal(signal);
        Result result = running.Wait();

        Assert.True(result.ExitCode == 255 || result.Signal == signal, result.ToString());
        Assert.Equal("old", File.ReadAllText(definition.Target));
        definition.AssertClean();
    }

    [Theory]
    [InlineData(Builder.Root)]
    [InlineData(Builder.Single)]
    public void What_a_killed_build_leaves_goes_with_the_next_one(Builder builder)
    {
        var definition = new Definition(builder, "%post\n mkdir -p /opt/closed/below\n chmod 0 /opt/closed\n echo reached\n sleep 50 &\n sleep 50\n");
        using Running running = definition.Start();
        running.WaitFor("reached").Signal(SIGKILL);
        running.Wait().EndsBySignal(SIGKILL);       // and its processes with it: see Residue

        definition.Change("%post\n true\n");
        definition.Build().Succeeds();
        definition.AssertClean();
    }

    [Theory]
    [InlineData(Builder.Range)]
    [InlineData(Builder.Single)]
    public void A_post_that_removes_everything_does_not_reach_the_host(Builder builder)
    {
        var definition = new Definition(builder, "%post\n rm -rf /tmp/* / 2>/dev/null || true\n");
        string canary = Host.Directory(TestUser.First) + "/canary";
        Host.Write(canary, "alive");
        Host.Run("chown", TestUser.First.Name, canary);
        _ = definition.Build();
        Assert.Equal("alive", File.ReadAllText(canary));
        definition.AssertClean();
    }

    [Theory]
    [InlineData("kill -9 $$", "was killed by signal 9")]
    [InlineData("echo broken pipe >&2; exit 1", "broken pipe")]
    public void When_the_squashfs_tool_dies_there_is_no_file(string script, string message)
    {
        var definition = new Definition(Builder.Single, "%post\n true\n");
        Host.Write(definition.Directory + "/bin/mksquashfs", "#!/bin/sh\n" + script + "\n", Modes.Everybody);
        Result result = definition.Caller.With($"PATH={definition.Directory}/bin:{Caller.DefaultPath}").Run("build", "--ignore-subuid", "image.sif", "image.def");
        result.Ends(255).Warns(message);
        Assert.False(File.Exists(definition.Target));
        definition.AssertClean();
    }

    [Fact]
    public void A_full_file_system_is_named_and_the_target_stays_away()
    {
        string directory = Host.Directory();
        Result result = As.User.Under("/bin/sh", "-c", $"cd {directory}; \"$@\"; code=$?; ls -A {directory}; exit $code", "sh")
            .OnHost($"mount -t tmpfs -o size=256k,mode=1777 none {directory}").Run("build", "image.sif", Images.Directory);
        result.Ends(255).Warns("no space is left for image.sif");
        Assert.Equal("", result.Out);
    }

    /// <summary>S11: a base image whose directories are links to the host's.</summary>
    [Theory]
    [InlineData("/.singularity.d")]
    [InlineData("/etc")]
    [InlineData("/opt")]
    public void Links_in_a_base_image_do_not_lead_out(string path)
    {
        string outside = Host.Directory(TestUser.First);
        string image = Images.New().Without(path).Link(path, outside).Sif();
        var definition = new Definition(Builder.Single, "%files\n given /opt/given\n%environment\n export A=1\n%labels\n a b\n", image).File("given", "x");
        _ = definition.Build();
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    /// <summary>S10: nobody else sees into a build.</summary>
    [Fact]
    public void The_place_of_work_is_closed_to_others()
    {
        var definition = new Definition(Builder.Single, "%setup\n stat -c %a $APPTAINER_ROOTFS/..\n%post\n true\n");
        Assert.Equal("700", definition.Build("--no-cache").Succeeds().Lines[0]);
    }
}

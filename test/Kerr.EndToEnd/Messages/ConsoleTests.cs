using System;
using System.Linq;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Messages;

/// <summary>Levels of messages, the audit, timings, and what goes to which stream.</summary>
public class ConsoleTests
{
    // One launch that has something to say at each level.
    private static Result Talk(params string[] options)
        => As.User.Reading("exit 0\n").Run([.. options, "run", "--containlibs", "/no/such.so", Images.Directory]);

    [Fact]
    public void By_default_information_and_warnings_are_shown()
        => Talk().Ends(0).Warns("INFO:    No runscript found").Warns("WARNING: ");

    [Theory]
    [InlineData("-q")]
    [InlineData("--quiet")]
    public void Quiet_leaves_out_information(string option)
    {
        string errors = Talk(option).Ends(0).Warns("WARNING: ").Err;
        Assert.DoesNotContain("INFO", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-s")]
    [InlineData("--silent")]
    public void Silent_leaves_out_warnings(string option)
    {
        Talk(option).Ends(0).Silent();
        As.User.Run(option, "exec", "/no/such", "true").Ends(255).Warns("FATAL:");
    }

    [Fact]
    public void The_variables_do_the_same()
    {
        As.User.With("APPTAINER_SILENT=1").Run("run", Images.Directory).Silent();
        As.User.With("SINGULARITY_QUIET=1").Reading("exit 0\n").Run("run", Images.Directory).Silent();
        As.User.With("APPTAINER_DEBUG=1").Run("exec", Images.Directory, "true").Warns("DEBUG   [U=");
    }

    [Fact]
    public void Verbose_tells_more()
        => Talk("-v").Ends(0).Warns("VERBOSE: ");

    [Fact]
    public void Debug_tells_every_privileged_step_with_identity_and_place()
    {
        Result result = As.User.Run("-d", "exec", "--pid", Images.Directory, "echo", "out").Ends(0);
        Assert.Equal("out", result.Line);
        string[] audit = [.. result.Err.Split('\n').Where(static line => line.StartsWith("DEBUG", StringComparison.Ordinal))];
        Assert.NotEmpty(audit);
        Assert.All(audit, static line => Assert.Matches(@"^DEBUG   \[U=[0-9]+,P=[0-9]+\] *[A-Za-z.]+:[0-9]+:[A-Za-z]+\(\) *: .", line));
        Assert.All(audit, static line => Assert.Equal(": ", line.Substring(67, 2)));
        foreach (string step in (string[])["/tmp", "/proc", "/dev", "privileges", "user namespace"])
        {
            Assert.Contains(audit, line => line.Contains(step, StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public void Timings_tell_where_the_time_went_and_leave_the_output_alone()
    {
        Result result = As.User.Run("exec", "--timings", Images.Directory, "echo", "out").Ends(0);
        Assert.Equal("out", result.Line);
        Assert.True(result.Err.Split('\n').Count(static line => line.Contains("ms", StringComparison.Ordinal)) >= 3, result.ToString());
    }

    [Theory]
    [InlineData("--memory=1g")]
    [InlineData("--apply-cgroups=/no/such")]
    [InlineData("--oci")]
    public void An_option_that_a_launch_would_rely_on_is_refused(string option)
        => As.User.Run("exec", option, Images.Directory, "true").IsFatal("is not supported by this version");

    [Fact]
    public void A_plain_launch_says_nothing_of_its_own()
    {
        foreach (Profile profile in Enum.GetValues<Profile>())
        {
            foreach (string image in (string[])[Images.Directory, Images.Sif])
            {
                As.By(profile).Run("exec", image, "true").Prints("");
            }
        }
    }
}

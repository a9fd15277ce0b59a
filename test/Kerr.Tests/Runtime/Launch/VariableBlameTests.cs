using System;
using Kerr.Cli.Commands.Actions;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;
using Kerr.Tests.Cli;
using Xunit;

namespace Kerr.Tests.Runtime.Launch;

/// <summary>An error about an option that a variable gave names the variable: the user typed no such option.</summary>
public class VariableBlameTests
{
    [Theory]
    [InlineData("SINGULARITY_BIND=/missing", "bind source /missing does not exist")]
    [InlineData("APPTAINER_BINDPATH=a:b:c:d", "bind a:b:c:d has too many colons")]
    [InlineData("KERR_MOUNT=type=volume", "--mount type=volume has type volume")]
    [InlineData("SINGULARITY_OVERLAY=/missing", "overlay /missing does not exist")]
    [InlineData("APPTAINER_HOME=a:b:c", "home argument has incorrect number of elements: a:b:c")]
    [InlineData("KERR_PWD=/proc/self/cwd", "working directory /proc/self/cwd leads through /proc")]
    [InlineData("APPTAINER_SECURITY=uid:x", "user number x is not valid")]
    [InlineData("APPTAINER_DNS=frob", "frob is not an address of a name server")]
    [InlineData("APPTAINER_HOSTNAME=a_b", "a_b is not a valid hostname")]
    [InlineData("APPTAINER_NO_MOUNT=frob", "--no-mount does not know frob")]
    [InlineData("APPTAINER_KEEP_PRIVS=1", "--keep-privs is for root only")]
    [InlineData("APPTAINER_NET=1", "--net alone needs a bridge network, which only root can make")]
    [InlineData("APPTAINER_NETWORK=frob", "network frob is not supported by this version")]
    [InlineData("APPTAINER_FUSESPEC=frob", "fusemount spec begin with an unknown prefix frob")]
    [InlineData("APPTAINER_ENV_FILE=/missing", "environment file /missing cannot be read")]
    [InlineData("APPTAINER_APP=a/b", "a/b is no name of an application")]
    [InlineData("APPTAINER_MEMORY=1g", "--memory is not supported by this version")]
    [InlineData("APPTAINER_OCI=1", "--oci is not supported by this version")]
    public void The_variable_stands_before_what_is_wrong(string variable, string message)
    {
        string name = variable[..variable.IndexOf('=', StringComparison.Ordinal)];

        Assert.Equal($"environment variable {name}: {message}", Failure([], variable).Message);
    }

    [Theory]
    [InlineData("--bind=/missing", "bind source /missing does not exist", "make it, or correct the path in --bind")]
    [InlineData("--memory=1g", "--memory is not supported by this version", "leave it out; what is there: apptainer help exec")]
    public void An_option_that_was_typed_is_named_as_it_was(string option, string message, string remedy)
    {
        UserException error = Failure([option]);

        Assert.Equal((message, remedy), (error.Message, error.Remedy));
    }

    [Fact]
    public void The_remedy_is_about_the_variable_too()
    {
        Assert.Equal("make it, or correct the path in SINGULARITY_BIND", Failure([], "SINGULARITY_BIND=/missing").Remedy);
        Assert.Equal("unset APPTAINER_MEMORY; what is there: apptainer help exec", Failure([], "APPTAINER_MEMORY=1g").Remedy);
    }

    [Fact]
    public void Only_the_value_that_is_wrong_is_blamed()
        => Assert.Equal("bind source /missing does not exist", Failure(["--bind=/missing"], "APPTAINER_BIND=/tmp:/scratch").Message);

    [Fact]
    public void What_fails_later_names_the_variable_in_the_plan()
    {
        LaunchPlan plan = Plan(["--bind=/tmp:/a"], "KERR_PWD=/nowhere", "APPTAINER_BIND=/tmp:/b");

        Assert.Contains(plan.Steps, step => step is WorkingDirectoryStep
            && step.Failures[0].Message == "environment variable KERR_PWD: failed to set working directory: /nowhere does not exist in the container");
        Assert.Contains(plan.Steps, step => step is MountStep { Target: "/a" } && step.Failures[^1].Message == "cannot bind /tmp onto /a");
        Assert.Contains(plan.Steps, step => step is MountStep { Target: "/b" }
            && step.Failures[^1].Message == "environment variable APPTAINER_BIND: cannot bind /tmp onto /b");
    }

    [Theory]
    [InlineData("--pids-limit=0")]
    [InlineData("--unsquash=false")]
    [InlineData("--cpu-shares=-1")]
    [InlineData("--memory=")]
    [InlineData("--oci", "--no-oci")]
    public void An_option_that_asks_for_nothing_is_not_refused(params string[] options) => Assert.NotEmpty(Plan(options).Steps);

    private static UserException Failure(string[] options, params string[] environment)
        => Assert.Throws<UserException>(() => Plan(options, environment));

    private static LaunchPlan Plan(string[] options, params string[] environment)
    {
        LaunchRequest request = ActionRequest.Of(LaunchAction.Exec, CommandLines.Exec(options, environment));
        request = request with { Action = request.App is null ? LaunchAction.Exec : LaunchAction.Run };
        var image = new ImageFacts(new ImageFile("/image", ImageKind.Sandbox, null), "/image", null, 0, Writable: false);
        return Planner.Plan(request, SiteConfiguration.Default, image, new MadeUpHost(), new Installation("/opt/kerr"));
    }
}

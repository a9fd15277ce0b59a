using System;
using System.Linq;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;
using Kerr.Tests.Cli;
using Xunit;

namespace Kerr.Tests.Runtime.Launch;

/// <summary>Options that mean another one, too: nobody gets less isolation than they asked for because they left that out.</summary>
public class ImpliedOptionTests
{
    [Theory]
    [InlineData("--network=none", UnshareStep.Net)]
    [InlineData("--hostname=node7", UnshareStep.Uts)]
    [InlineData("--containall", UnshareStep.Pid | UnshareStep.Ipc)]
    [InlineData("--compat", UnshareStep.Pid | UnshareStep.Ipc)]
    [InlineData("--fakeroot", UnshareStep.User)]
    [InlineData("--fusemount=container:server /mnt", UnshareStep.Pid)]
    public void An_option_brings_the_namespaces_that_it_is_about(string option, ulong namespaces)
        => Assert.Equal(namespaces, Namespaces(Plan(option)) & namespaces);

    [Fact]
    public void That_network_brings_net_is_told_where_net_was_not_given()
    {
        Assert.Contains((1, "Setting --net (required by --network)"), Plan("--network=none").Notes);
        Assert.DoesNotContain(Plan("--net", "--network=none").Notes, note => note.Text.Contains("--net ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_variable_brings_it_too()
    {
        LaunchPlan plan = PlanOf(CommandLines.Exec([], "APPTAINER_NETWORK=none"));

        Assert.NotEqual(0UL, Namespaces(plan) & UnshareStep.Net);
        Assert.Contains(plan.Steps, step => step is LoopbackStep && step.Why == "variable APPTAINER_NETWORK");
    }

    [Theory]
    [InlineData("bridge")]
    [InlineData("none,bridge")]
    public void A_network_that_is_not_there_is_refused_with_net_and_without(string network)
    {
        foreach (string[] options in (string[][])[[$"--network={network}"], ["--net", $"--network={network}"]])
        {
            var error = Assert.Throws<UserException>(() => Plan(options));
            Assert.Equal($"network {network} is not supported by this version", error.Message);
        }
    }

    [Theory]
    [InlineData("--pid", "allow pid ns", "PID namespace")]
    [InlineData("--ipc", "allow ipc ns", "IPC namespace")]
    [InlineData("--hostname=node7", "allow uts ns", "UTS namespace")]
    public void What_the_site_takes_away_is_a_warning(string option, string directive, string what)
    {
        SiteConfiguration configuration = SiteConfiguration.Default.With(DirectiveTable.Find(directive)!, "no");

        Assert.Contains((-2, $"Skipping {what}: configuration: {directive} = no"), PlanOf(CommandLines.Exec([option]), configuration).Notes);
    }

    [Fact]
    public void Name_servers_that_cannot_be_written_are_a_warning()
    {
        LaunchPlan plan = PlanOf(CommandLines.Exec(["--dns", "10.0.0.1"]), SiteConfiguration.Default.With(Directives.ConfigResolvConf, "no"));

        Assert.Contains(plan.Notes, note => note.Level == -2 && note.Text.Contains("--dns", StringComparison.Ordinal));
    }

    [Fact]
    public void A_capability_to_drop_that_is_none_is_called_so()
        => Assert.Contains((-2, "won't drop unknown capability: CAP_FROB"), Plan("--drop-caps=CAP_FROB").Notes);

    private static LaunchPlan Plan(params string[] options) => PlanOf(CommandLines.Exec(options));

    private static LaunchPlan PlanOf(Kerr.Cli.Commands.Actions.ActionOptions options, SiteConfiguration? configuration = null)
    {
        LaunchRequest request = Kerr.Cli.Commands.Actions.ActionRequest.Of(LaunchAction.Exec, options);
        var image = new ImageFacts(new ImageFile("/image", ImageKind.Sandbox, null), "/image", null, 0, Writable: false);
        return Planner.Plan(request, configuration ?? SiteConfiguration.Default, image, new MadeUpHost(), new Installation("/opt/kerr"));
    }

    private static ulong Namespaces(LaunchPlan plan) => plan.Steps.OfType<UnshareStep>().Single().Namespaces;
}

using System;
using System.Collections.Generic;
using System.Linq;
using Kerr.Linux;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;
using Xunit;

namespace Kerr.Tests.Runtime.Launch;

/// <summary>F18: which ids a build gets, and how it is told.</summary>
public class FakerootPlanTests
{
    private const string Range = "alice:300000:65536";

    [Fact]
    public void A_range_of_ids_is_mapped_by_its_tools()
    {
        LaunchPlan plan = Plan(Host(Range, Range, tools: true), out BuildIdentity identity, out string decision);

        Assert.Equal(BuildIdentity.Range, identity);
        Assert.Equal("building with the ids 300000 to 365535 of /etc/subuid", decision);
        var unshare = Assert.IsType<UnshareStep>(plan.Steps[0]);
        Assert.Equal(["/usr/bin/newuidmap", "0", "1000", "1", "1", "300000", "65536"], unshare.UidMapCommand);
        Assert.DoesNotContain(plan.Steps, step => step is SeccompStep);
        Assert.Contains(unshare.Failures, failure => failure.Remedy == "build with one id: --ignore-subuid");
    }

    [Theory]
    [InlineData(null, null, true, "no range for this user in /etc/subuid")]
    [InlineData(Range, null, true, "no range for this user in /etc/subgid")]
    [InlineData(Range, Range, false, "newuidmap and newgidmap are not installed")]
    [InlineData("alice:300000:1000", Range, true, "has fewer than 65534 ids")]
    [InlineData("bob:300000:65536", Range, true, "no range for this user in /etc/subuid")]
    public void Without_one_the_callers_id_is_mapped_and_a_filter_answers(string? uids, string? gids, bool tools, string why)
    {
        LaunchPlan plan = Plan(Host(uids, gids, tools), out BuildIdentity identity, out string decision);

        Assert.Equal(BuildIdentity.Single, identity);
        Assert.Contains("changes of ownership succeed without effect", decision, StringComparison.Ordinal);
        Assert.Contains(why, decision, StringComparison.Ordinal);
        var unshare = Assert.IsType<UnshareStep>(plan.Steps[0]);
        Assert.Equal("0 1000 1\n", unshare.UidMap);
        Assert.True(unshare.DenySetgroups);
        Assert.True(plan.Steps.OfType<SeccompStep>().Single().Filter.Length > 0);
    }

    [Fact]
    public void A_range_that_is_to_be_ignored_is()
    {
        _ = Plan(Host(Range, Range, tools: true), out BuildIdentity identity, out string decision, ignore: true);
        Assert.Equal(BuildIdentity.Single, identity);
        Assert.Contains("flag --ignore-subuid", decision, StringComparison.Ordinal);
    }

    [Fact]
    public void A_build_is_a_PID_namespace_and_ends_in_the_command()
    {
        LaunchPlan plan = Plan(Host(null, null, false), out _, out _);
        Assert.Equal(UnshareStep.User | UnshareStep.Mount | UnshareStep.Pid, ((UnshareStep)plan.Steps[0]).Namespaces);
        Assert.Contains(plan.Steps, step => step is ForkStep { AppInit: true });
        var exec = Assert.IsType<ExecStep>(plan.Steps[^1]);
        Assert.Equal(["/bin/kerr", "build"], exec.Candidates[0].Arguments);
        Assert.Equal(["A=b"], exec.Environment);
    }

    [Fact]
    public void Where_user_namespaces_are_not_allowed_that_is_said()
    {
        SiteConfiguration configuration = SiteConfiguration.Default.With(Directives.AllowUserNs, "no");
        var error = Assert.Throws<UserException>(() => FakerootPlan.Plan(
            Request(false), configuration, new Installation("/usr"), Host(null, null, false), ["/bin/kerr"], [], out _, out _));
        Assert.Contains("allow user ns = no", error.Message, StringComparison.Ordinal);
    }

    private static LaunchPlan Plan(MadeUpHost host, out BuildIdentity identity, out string decision, bool ignore = false)
        => FakerootPlan.Plan(
            Request(ignore), SiteConfiguration.Default, new Installation("/usr"), host, ["/bin/kerr", "build"], ["A=b"], out identity, out decision);

    private static LaunchRequest Request(bool ignore) => new() { Action = LaunchAction.Exec, Image = "/", IgnoreSubuid = ignore };

    private static MadeUpHost Host(string? uids, string? gids, bool tools)
    {
        var host = new MadeUpHost();
        foreach ((string file, string? text) in (IEnumerable<(string, string?)>)[("/etc/subuid", uids), ("/etc/subgid", gids)])
        {
            if (text is not null)
            {
                host.Texts[file] = text;
            }
        }

        if (tools)
        {
            host.Programs["newuidmap"] = "/usr/bin/newuidmap";
            host.Programs["newgidmap"] = "/usr/bin/newgidmap";
        }

        return host;
    }
}

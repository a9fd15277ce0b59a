using System;
using System.Collections.Generic;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;
using Xunit;

namespace Kerr.Tests.Runtime.Launch;

/// <summary>What of the host a plan mounts, and what it says about sources that are not there.</summary>
public class HostMountTests
{
    private static readonly LaunchRequest s_exec = new() { Action = LaunchAction.Exec, Image = "/image", Arguments = ["true"] };

    [Theory]
    [InlineData("/data", true)]
    [InlineData("/mnt/data", true)]         // at any depth
    [InlineData("/mnt/data/below", false)]  // comes along with the mount above
    [InlineData("/mnt/database", true)]     // is not below /mnt/data
    [InlineData("/sys/fs/cgroup", false)]
    [InlineData("/run/user/1000", false)]
    [InlineData("/variable", true)]         // is not below /var
    public void Mount_hostfs_takes_each_tree_of_mounts_once(string point, bool taken)
    {
        var host = new MadeUpHost();
        host.Mounted.AddRange(["/data", "/mnt/data", "/mnt/data/below", "/mnt/database", "/sys/fs/cgroup", "/run/user/1000", "/variable"]);

        LaunchPlan plan = Plan(s_exec, host, SiteConfiguration.Default.With(Directives.MountHostfs, "yes"));

        Assert.Equal(taken, Targets(plan).Contains(point));
    }

    [Theory]
    [InlineData("/home/alice/missing")]
    [InlineData("/missing/too")]            // its directory is missing as well
    public void A_bind_source_that_is_not_there_is_told_before_anything_starts(string source)
    {
        var error = Assert.Throws<UserException>(() => Plan(s_exec with { Binds = [source] }, new MadeUpHost()));

        Assert.Equal($"bind source {source} does not exist", error.Message);
    }

    [Fact]
    public void A_bind_source_behind_a_closed_directory_is_left_to_the_kernel()
    {
        var host = new MadeUpHost();
        host.Directories.Add("/closed");
        host.Closed.Add("/closed");

        LaunchPlan plan = Plan(s_exec with { Binds = ["/closed/below/file"] }, host);

        Assert.Contains("/closed/below/file", Targets(plan));
    }

    [Fact]
    public void A_bind_path_of_the_site_that_is_not_there_is_left_out_with_the_reason()
    {
        LaunchPlan plan = Plan(s_exec, new MadeUpHost(), SiteConfiguration.Default.With(Directives.BindPath, "/tmp:/scratch,/missing:/data"));

        Assert.Contains("/scratch", Targets(plan));
        Assert.DoesNotContain("/data", Targets(plan));
        Assert.Contains(new SkippedStep("/data", "configuration: bind path = /missing:/data: /missing does not exist"), plan.Skipped);
        Assert.Contains(plan.Notes, note => note.Level == 4 && note.Text.Contains("/missing does not exist", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("data:data")]
    [InlineData("/tmp:data:ro")]
    [InlineData("data:./data")]
    public void A_bind_destination_is_absolute(string bind)
    {
        var error = Assert.Throws<UserException>(() => Plan(s_exec with { Binds = [bind] }, new MadeUpHost()));

        Assert.EndsWith("destination must be an absolute path", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tmp", "/home/alice/tmp")]
    [InlineData("tmp::ro", "/home/alice/tmp")]
    public void A_bind_without_destination_stands_at_its_own_path(string bind, string target)
    {
        var host = new MadeUpHost();
        host.Directories.Add("/home/alice/tmp");

        Assert.Contains(target, Targets(Plan(s_exec with { Binds = [bind] }, host)));
    }

    [Fact]
    public void A_bind_is_named_in_the_plan_with_where_it_came_from()
    {
        var origins = new Dictionary<string, string> { ["bind"] = "variable APPTAINER_BIND" };

        LaunchPlan plan = Plan(s_exec with { Binds = ["/tmp:/scratch"], Origins = origins }, new MadeUpHost());

        PlanStep step = Assert.Single(plan.Steps, step => step is MountStep { Target: "/scratch" });
        Assert.Equal("variable APPTAINER_BIND", step.Why);
    }

    private static LaunchPlan Plan(LaunchRequest request, MadeUpHost host, SiteConfiguration? configuration = null)
    {
        var image = new ImageFacts(new ImageFile("/image", ImageKind.Sandbox, null), "/image", null, 0, Writable: false);
        return Planner.Plan(request, configuration ?? SiteConfiguration.Default, image, host, new Installation("/opt/kerr"));
    }

    private static HashSet<string> Targets(LaunchPlan plan)
    {
        var targets = new HashSet<string>(StringComparer.Ordinal);
        foreach (PlanStep step in plan.Steps)
        {
            if (step is MountStep mount)
            {
                targets.Add(mount.Target);
            }
        }

        return targets;
    }
}

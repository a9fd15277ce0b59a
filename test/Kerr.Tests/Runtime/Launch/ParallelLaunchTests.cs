using System;
using System.Linq;
using Kerr.Image;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;
using Kerr.Tests.Cli;
using Xunit;

namespace Kerr.Tests.Runtime.Launch;

/// <summary>Who is a rank, of what, and what a rank's plan has that others have not.</summary>
public class ParallelLaunchTests
{
    private const string Slurm = "SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=4 SLURM_JOB_ID=7 SLURM_STEP_ID=0";

    [Theory]
    [InlineData("PMI_RANK=0 PMI_SIZE=2", "PMI")]
    [InlineData("PMIX_RANK=3 PMIX_NAMESPACE=1824129025", "PMIx step 1824129025")]
    [InlineData(Slurm, "Slurm step 7.0")]
    [InlineData("PALS_RANKID=0 PALS_APID=f00", "PALS step f00")]
    [InlineData("FLUX_TASK_RANK=0 FLUX_JOB_SIZE=2 FLUX_JOB_ID=f1", "Flux step f1")]
    [InlineData("JSM_NAMESPACE_RANK=0 JSM_NAMESPACE_SIZE=2 LSB_JOBID=4 JSM_NAMESPACE_ID=1", "jsrun step 4.1")]
    [InlineData("SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1 SLURM_JOB_ID=7 SLURM_STEP_ID=1 PMI_RANK=1 PMI_SIZE=4", "PMI")]   // mpirun in a shell that srun started
    public void A_rank_is_known_by_its_launcher(string environment, string step)
        => Assert.Equal($"Joining the ranks of {step}", Assert.Single(Plan(environment).Steps.OfType<ShareStep>()).Text);

    [Theory]
    [InlineData("")]
    [InlineData("PMI_RANK=0 PMI_SIZE=1")]                                                       // the only one
    [InlineData("PMI_RANKS=0 PMI_SIZE=2")]
    [InlineData("SLURM_PROCID=0 SLURM_JOB_ID=7 SLURM_NTASKS=4")]                                // the batch script, before any step
    [InlineData("SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1 SLURM_JOB_ID=7 SLURM_STEP_ID=3")]
    [InlineData("FLUX_TASK_RANK=0 FLUX_JOB_SIZE=2")]                                            // of no job
    public void Who_is_alone_or_no_rank_joins_nobody(string environment) => Assert.Empty(Plan(environment).Steps.OfType<ShareStep>());

    [Theory]
    [InlineData("--no-share-ranks")]
    [InlineData("--fakeroot")]
    public void An_option_keeps_a_rank_out(string option) => Assert.Empty(Plan(Slurm, option).Steps.OfType<ShareStep>());

    [Fact]
    public void The_site_keeps_ranks_apart()
    {
        LaunchPlan plan = Plan(Slurm, SiteConfiguration.Default.With(DirectiveTable.Find("share ranks")!, "no"));
        Assert.Empty(plan.Steps.OfType<ShareStep>());
        Assert.Contains(plan.Skipped, skipped => skipped.Why == "configuration: share ranks = no");
    }

    [Fact]
    public void Ranks_of_a_step_meet_under_one_name_and_other_steps_under_others()
    {
        string name = Name(Slurm);
        Assert.Equal(name, Name(Slurm.Replace("PROCID=1", "PROCID=2", StringComparison.Ordinal) + " HOSTNAME=n2 SLURM_TASK_PID=99"));
        Assert.NotEqual(name, Name(Slurm.Replace("JOB_ID=7", "JOB_ID=8", StringComparison.Ordinal)));
        Assert.NotEqual(name, Name(Slurm.Replace("STEP_ID=0", "STEP_ID=1", StringComparison.Ordinal)));

        static string Name(string environment) => Assert.Single(Plan(environment).Steps.OfType<ShareStep>()).Name;
    }

    [Theory]
    [InlineData("--containall")]
    [InlineData("--contain")]
    [InlineData("--pid")]
    [InlineData("--ipc")]
    public void A_contained_rank_is_together_with_the_others_and_nobody_confines_it(string option)
    {
        LaunchPlan plan = Plan(Slurm, option);
        ShareStep share = Assert.Single(plan.Steps.OfType<ShareStep>());
        Assert.True(share.Together);
        Assert.False(share.Apart);
        Assert.Empty(plan.Steps.OfType<ConfineSignalsStep>());
        Assert.DoesNotContain(plan.Steps.OfType<ForkStep>(), fork => fork.AppInit);
    }

    [Fact]
    public void A_clean_environment_tells_a_rank_who_it_is()
    {
        LaunchPlan plan = Plan(Slurm + " PMI_FD=9 SECRET=s", "--cleanenv");
        Assert.Contains(plan.EnvironmentChanges, change => change.Name == "PMI_FD" && change.Value == "9");
        Assert.Contains(plan.EnvironmentChanges, change => change.Name == "SECRET" && change.Value is null);
        Assert.Contains(Plan("PMI_FD=9", "--cleanenv").EnvironmentChanges, change => change.Name == "PMI_FD" && change.Value is null);
    }

    [Fact]
    public void A_contained_job_of_HTCondor_is_no_rank_of_its_pilot()
    {
        Assert.Empty(Plan(Slurm + " _CONDOR_SCRATCH_DIR=/tmp/x", "--containall").Steps.OfType<ShareStep>());
        Assert.Single(Plan(Slurm + " _CONDOR_SCRATCH_DIR=/tmp/x").Steps.OfType<ShareStep>());
    }

    private static LaunchPlan Plan(string environment, params string[] options) => Plan(environment, SiteConfiguration.Default, options);

    private static LaunchPlan Plan(string environment, SiteConfiguration configuration, params string[] options)
    {
        LaunchRequest request = Kerr.Cli.Commands.Actions.ActionRequest.Of(LaunchAction.Exec, CommandLines.Exec(options));
        var image = new ImageFacts(new ImageFile("/image", ImageKind.Sandbox, null), "/image", null, 0, Writable: false);
        var host = new MadeUpHost { Environment = ["PATH=/usr/bin:/bin", .. environment.Split(' ', StringSplitOptions.RemoveEmptyEntries)] };
        return Planner.Plan(request, configuration, image, host, new Installation("/opt/kerr"));
    }
}

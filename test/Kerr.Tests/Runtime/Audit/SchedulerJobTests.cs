using Kerr.Runtime.Audit;
using Xunit;

namespace Kerr.Tests.Runtime.Audit;

public class SchedulerJobTests
{
    [Theory]
    [InlineData("0::/system.slice/slurmstepd.scope/job_4711/step_0/user/task_1", "slurm:4711")]
    [InlineData("9:name=systemd:/;4:memory:/slurm/uid_1000/job_4711/step_batch/task_0;0::/", "slurm:4711")]
    [InlineData("4:freezer:/slurm_node7/uid_1000/job_12/step_0", "slurm:12")]
    [InlineData("/system.slice/slurmstepd.scope/job_4711", "slurm:4711")]
    [InlineData("0::/htcondor/condor_var_lib_condor_execute_slot1_3@node7", "htcondor:slot1_3@node7")]
    [InlineData("0::/system.slice/condor.service/condor_var_lib_condor_execute_slot1@node7", "htcondor:slot1@node7")]
    [InlineData("3:cpuset:/pbs_jobs.service/jobid/4711.server", "pbs:4711.server")]
    [InlineData("0::/pbspro.slice/pbspro-4711.server.slice", "pbs:4711.server")]
    [InlineData("5:memory:/torque/4711.server", "torque:4711.server")]
    [InlineData("5:memory:/lsf/cluster1/job.4711.220.1700000000", "lsf:4711")]
    [InlineData("5:memory:/UGE/4711.1", "sge:4711.1")]
    [InlineData("0::/system.slice/imp-shell-0-f2hQvDJyD.service", "flux:f2hQvDJyD")]
    [InlineData("0::/oar/alice_4711", "oar:4711")]
    [InlineData("0::/user.slice/user-1000.slice/session-3.scope", null)]
    [InlineData("0::/", null)]
    [InlineData("", null)]
    [InlineData("nonsense", null)]
    public void A_control_group_names_its_job(string groups, string? job) => Assert.Equal(job, SchedulerJob.Of(groups));

    [Theory]
    [InlineData("0::/user.slice/user-1000.slice/user@1000.service/slurm/uid_0/job_9")]
    [InlineData("0::/user.slice/user-1000.slice/user@1000.service/slurmstepd.scope/job_9")]
    [InlineData("0::/home/slurm/job_9")]
    [InlineData("0::/system.slice/cron.service/lsf/c/job.9.1.1")]
    public void A_group_below_a_place_that_users_may_write_is_no_job(string groups) => Assert.Null(SchedulerJob.Of(groups));

    [Fact]
    public void An_id_can_hold_nothing_that_a_table_or_terminal_would_obey()
        => Assert.Equal("pbs:4711.x?[31m?", SchedulerJob.Of("0::/pbs.service/jobid/4711.x\u001b[31m\""));
}

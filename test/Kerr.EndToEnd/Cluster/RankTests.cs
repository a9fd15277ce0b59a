using System;
using System.Collections.Generic;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Cluster;

/// <summary>Ranks of one step share a user namespace, whatever started them, and no others do. (What stays is looked for after each test.)</summary>
public class RankTests
{
    private const int Kill = 9, Terminate = 15;
    private const string Users = "/proc/self/ns/user";

    private static readonly string[] Wait = ["sh", "-c", "trap 'echo over; exit 0' TERM; echo ready; while :; do sleep 0.02; done"];

    /// <summary>The variables of two ranks of one step, and of a rank of another.</summary>
    public static TheoryData<string, string, string> Launchers => new()
    {
        { "PMI_RANK=0 PMI_SIZE=2 SLURM_JOB_ID=7 SLURM_STEP_ID=1", "PMI_RANK=1 PMI_SIZE=2 SLURM_JOB_ID=7 SLURM_STEP_ID=1", "PMI_RANK=1 PMI_SIZE=2 SLURM_JOB_ID=7 SLURM_STEP_ID=2" },
        { "PMIX_RANK=0 PMIX_NAMESPACE=11", "PMIX_RANK=1 PMIX_NAMESPACE=11", "PMIX_RANK=1 PMIX_NAMESPACE=12" },
        {
            "OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 OMPI_MCA_ess_base_jobid=5", "OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_MCA_ess_base_jobid=5",
            "OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_MCA_ess_base_jobid=6"
        },
        {
            "SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=2 SLURM_JOB_ID=7 SLURM_STEP_ID=1", "SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_JOB_ID=7 SLURM_STEP_ID=1",
            "SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_JOB_ID=8 SLURM_STEP_ID=1"
        },
        { "PALS_RANKID=0 PALS_APID=a PBS_JOBID=3", "PALS_RANKID=1 PALS_APID=a PBS_JOBID=3", "PALS_RANKID=1 PALS_APID=b PBS_JOBID=3" },
        { "FLUX_TASK_RANK=0 FLUX_JOB_SIZE=2 FLUX_JOB_ID=f1", "FLUX_TASK_RANK=1 FLUX_JOB_SIZE=2 FLUX_JOB_ID=f1", "FLUX_TASK_RANK=1 FLUX_JOB_SIZE=2 FLUX_JOB_ID=f2" },
        { "LSF_PM_TASKID=1 LSB_JOBID=4", "LSF_PM_TASKID=2 LSB_JOBID=4", "LSF_PM_TASKID=2 LSB_JOBID=5" },
        {
            "JSM_NAMESPACE_RANK=0 JSM_NAMESPACE_SIZE=2 LSB_JOBID=4 JSM_NAMESPACE_ID=1", "JSM_NAMESPACE_RANK=1 JSM_NAMESPACE_SIZE=2 LSB_JOBID=4 JSM_NAMESPACE_ID=1",
            "JSM_NAMESPACE_RANK=1 JSM_NAMESPACE_SIZE=2 LSB_JOBID=4 JSM_NAMESPACE_ID=2"
        },
    };

    [Theory]
    [MemberData(nameof(Launchers))]
    public void Ranks_of_a_step_are_in_one_user_namespace_and_another_step_is_in_another(string first, string second, string other)
    {
        using Running rank = With(first).Start("exec", Images.Directory, "sh", "-c", $"readlink {Users}; exec \"$@\"", "sh", Wait[0], Wait[1], Wait[2]);
        string users = rank.WaitFor("ready").Out.Split('\n')[0];

        With(second).Run("exec", Images.Sif, "readlink", Users).Prints(users);
        With(second).Run("exec", "--contain", "--no-mount", "dev", Images.Directory, "readlink", Users).Prints(users);
        Assert.NotEqual(users, With(other).Run("exec", Images.Directory, "readlink", Users).Succeeds().Line);
        rank.Signal(Terminate).Wait().Ends(0);
    }

    [Fact]
    public void Who_does_not_want_it_who_is_alone_and_who_is_no_rank_shares_nothing()
    {
        Caller rank = With("PMI_RANK=0 PMI_SIZE=2");
        using Running first = rank.Start("exec", Images.Directory, "sh", "-c", $"readlink {Users}; exec \"$@\"", "sh", Wait[0], Wait[1], Wait[2]);
        string users = first.WaitFor("ready").Out.Split('\n')[0];

        rank.Run("exec", Images.Directory, "readlink", Users).Prints(users);
        string configuration = Configuration.ConfigurationFile.With("share ranks = no");
        (Caller, string[])[] others =
        [
            (rank, ["exec", "--no-share-ranks", Images.Directory]), (rank.With("APPTAINER_NO_SHARE_RANKS=1"), ["exec", Images.Directory]),
            (rank, ["--config", configuration, "exec", Images.Directory]), (rank, ["exec", "--fakeroot", Images.Directory]),
            (With("PMI_RANK=0 PMI_SIZE=1"), ["exec", Images.Directory]), (As.User, ["exec", Images.Directory]), (As.OtherUser.With("PMI_RANK=0", "PMI_SIZE=2"), ["exec", Images.Directory]),
        ];
        foreach ((Caller caller, string[] command) in others)
        {
            Assert.NotEqual(users, caller.Run([.. command, "readlink", Users]).Succeeds().Line);
        }

        first.Signal(Terminate).Wait().Ends(0);
    }

    [Fact]
    public void Launches_that_ask_for_it_share_without_a_launcher()
    {
        using Running first = As.User.Start("exec", "--sharens", Images.Directory, "sh", "-c", $"readlink {Users}; exec \"$@\"", "sh", Wait[0], Wait[1], Wait[2]);
        string users = first.WaitFor("ready").Out.Split('\n')[0];
        As.User.Run("exec", "--sharens", Images.Directory, "readlink", Users).Prints(users);
        first.Signal(Terminate).Wait().Ends(0);
    }

    [Fact]
    public void Contained_ranks_have_processes_messages_and_memory_together_and_see_nobody_else()
    {
        using Running outside = With("PMI_RANK=3 PMI_SIZE=4").Start(["exec", Images.Directory, .. Wait]);
        using Running first = With("PMI_RANK=0 PMI_SIZE=4").Start("exec", "-C", Images.Sif, "sh", "-c", "echo of the first > /dev/shm/segment; echo $$ $PMI_RANK; exec \"$@\"", "sh", Wait[0], Wait[1], Wait[2]);
        outside.WaitFor("ready");
        string number = first.WaitFor("ready").Out.Split(' ')[0];
        Assert.StartsWith($"{number} 0\n", first.Out, StringComparison.Ordinal);

        Result second = With("PMI_RANK=1 PMI_SIZE=4", "SECRET=s").Run("exec", "-C", Images.Directory, "sh", "-c",
            "cat /dev/shm/segment; cat /proc/1/comm; echo $PMI_RANK $SECRET; readlink /proc/self/ns/ipc; echo $$; cat /proc/[0-9]*/comm 2> /dev/null | sort -u").Succeeds().Silent();
        Assert.Equal(["of the first", "appinit", "1"], second.Lines[..3]);     // a clean environment, but for what tells a rank who it is
        Assert.NotEqual(Host.Run("readlink", "/proc/self/ns/ipc").Trim(), second.Lines[3]);
        Assert.NotEqual(number, second.Lines[4]);
        Assert.Subset(new HashSet<string>(["appinit", "sh", "cat", "sort", "sleep"]), new HashSet<string>(second.Lines[5..]));     // and not the launches outside

        Result alone = With("PMI_RANK=1 PMI_SIZE=4").Run("exec", "-C", "--no-share-ranks", Images.Directory, "sh", "-c", "echo /proc/[0-9]*; ls /dev/shm; echo $PMI_RANK");
        Assert.Equal(["/proc/1 /proc/2", ""], alone.Succeeds().Out.Split('\n')[..2]);
        Assert.Contains(first.Signal(Terminate).Wait().Ends(0).Lines, line => line == "over");
        outside.Signal(Terminate).Wait().Ends(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    public void Ranks_read_each_other_s_memory(string option)
    {
        string image = Images.New().Copy("/bin/meeting", Programs.Meeting).Sif();
        string[] options = option.Length == 0 ? [] : [option];
        using Running neighbour = With("PMI_RANK=0 PMI_SIZE=2").Start(["exec", .. options, image, "meeting", "memory"]);
        string[] where = neighbour.WaitFor("\n").Out.Trim().Split(' ');
        With("PMI_RANK=1 PMI_SIZE=2").Run(["exec", .. options, image, "meeting", "read", where[0], where[1]]).Prints("text of a neighbour");
        neighbour.Signal(Kill).Wait();
    }

    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    public void A_killed_rank_takes_its_payload_along_and_nobody_else(string option)
    {
        string[] options = option.Length == 0 ? [] : [option];
        var ranks = new List<Running>();
        for (int i = 0; i < 4; i++)
        {
            ranks.Add(With($"PMI_RANK={i} PMI_SIZE=4").Start(["exec", .. options, i % 2 == 0 ? Images.Sif : Images.Directory, .. Wait]));
        }

        ranks.ForEach(rank => rank.WaitFor("ready"));
        ranks[0].Signal(Kill).Wait().EndsBySignal(Kill);        // the first one, which started what the others use
        With("PMI_RANK=0 PMI_SIZE=4").Run(["exec", .. options, Images.Sif, "echo", "again"]).Prints("again");
        foreach (Running rank in ranks[1..])
        {
            Assert.Contains("over", rank.Signal(Terminate).Wait().Ends(0).Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_payload_of_HTCondor_keeps_to_itself_whatever_its_pilot_s_environment_says()
    {
        string[] pilot = ["SLURM_PROCID=0", "SLURM_STEP_NUM_TASKS=2", "SLURM_JOB_ID=7", "SLURM_STEP_ID=1"];
        using Running first = As.User.With([.. pilot, "_CONDOR_SCRATCH_DIR=/tmp/one"]).Start(["exec", "-C", Images.Directory, .. Wait]);
        first.WaitFor("ready");
        Result second = As.User.With([.. pilot, "_CONDOR_SCRATCH_DIR=/tmp/one", "PMIX_SERVER_TMPDIR=/tmp"]).Run("exec", "-C", Images.Directory, "sh", "-c", "echo /proc/[0-9]*; echo $SLURM_JOB_ID");
        Assert.Equal("/proc/1 /proc/2\n\n", second.Succeeds().Out);
        first.Signal(Terminate).Wait();
    }

    [Fact]
    public void When_the_keeper_is_gone_ranks_that_start_find_another_and_those_that_run_go_on()
    {
        using Running first = With("PMI_RANK=0 PMI_SIZE=2").Start(["exec", Images.Sif, .. Wait]);
        first.WaitFor("ready");
        foreach (string process in Host.Run("sh", "-c", $"pgrep -u {TestUser.First.Uid} kerr-keeper").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            _ = LibC.kill(int.Parse(process, null), Kill);
        }

        With("PMI_RANK=1 PMI_SIZE=2").Run("exec", Images.Sif, "echo", "started").Prints("started");
        Assert.Contains("over", first.Signal(Terminate).Wait().Ends(0).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_another_user_has_taken_is_told_and_stops_nobody()
    {
        Caller rank = With("PMI_RANK=0 PMI_SIZE=2");
        string plan = rank.Run("explain", "exec", Images.Directory, "true").Succeeds().Out;
        string name = plan[plan.IndexOf($"kerr-{TestUser.First.Uid}-", StringComparison.Ordinal)..].Split((char[]?)null)[0].TrimEnd(',', ')', '"');
        using Running squatter = As.OtherUser.Named(Programs.Meeting).Start("squat", name);
        squatter.WaitFor("taken");

        Result result = rank.Run("exec", "-C", Images.Directory, "cat", "/proc/1/comm").Ends(0);
        result.Warns("cannot join the others");
        Assert.Equal("cat", result.Line);   // process 1 is its own then
        squatter.Signal(Kill).Wait();
    }

    private static Caller With(string variables, params string[] others) => As.User.With([.. variables.Split(' '), .. others]);
}

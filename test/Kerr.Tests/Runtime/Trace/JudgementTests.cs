using System.Text.Json;
using Kerr.Runtime.Trace;
using Xunit;

namespace Kerr.Tests.Runtime.Trace;

public class JudgementTests
{
    private const string Id = "0123456789abcdef0123456789abcdef";
    private const string Honest = """{"kerr":1,"trust":"reported","event":"start","launch":"0123456789abcdef0123456789abcdef","uid":1000,"pid":42,"started":7,"loginuid":1000,"cgroup":"0::/system.slice/slurmstepd.scope/job_9","claimed":{"SLURM_JOB_ID":"10"}}""";
    private const string Proven = """{"kerr":1,"trust":"starter","event":"start","mode":"setuid","uid":1000,"gid":1000,"pid":42,"started":7,"loginuid":1000,"session":3,"cgroup":"0::/slurm/uid_1000/job_9","reported":{"launch":"0123456789abcdef0123456789abcdef","uid":0,"pid":1,"cgroup":"0::/slurm/uid_0/job_1"}}""";

    [Fact]
    public void A_users_record_is_that_users_word()
    {
        Judgement judged = Of(Honest, User(1000));

        Assert.Equal((Verdict.Reported, 1000u, 42, Id), (judged.Verdict, judged.Uid, judged.Pid, judged.Launch));
    }

    [Fact]
    public void What_root_sent_for_the_starter_is_proven_and_its_numbers_are_those_of_the_starter()
    {
        Judgement judged = Of(Proven, User(0));

        Assert.Equal((Verdict.Proven, 1000u, 42), (judged.Verdict, judged.Uid, judged.Pid));
        Assert.Equal("slurm:9", judged.Job);
        Assert.Equal("slurm:1", judged.ClaimedJob);
    }

    [Theory]
    [InlineData(Proven, 1000u, 42)]     // a user says that the starter says so
    [InlineData(Honest, 1001u, 42)]     // in another's name
    [InlineData(Honest, 0u, 42)]        // root has a name of its own
    [InlineData(Honest, 1000u, 43)]     // about another process
    [InlineData(Proven, 0u, 43)]
    [InlineData("no record", 1000u, 42)]
    [InlineData("[]", 1000u, 42)]
    [InlineData("{}", 1000u, 42)]
    [InlineData("""{"kerr":1,"trust":"reported","event":"start","uid":1000,"pid":42}{"uid":0}""", 1000u, 42)]
    [InlineData("""{"kerr":1,"trust":"root","event":"start","uid":1000,"pid":42}""", 1000u, 42)]
    [InlineData("""{"kerr":2,"trust":"reported","event":"start","uid":1000,"pid":42}""", 1000u, 42)]
    [InlineData("""{"kerr":1,"trust":"reported","event":"start","uid":-1,"pid":42}""", 1000u, 42)]
    [InlineData("""{"kerr":1,"trust":"reported","event":"start","uid":4294968296,"pid":42}""", 1000u, 42)]  // 2³² + 1000
    [InlineData("""{"kerr":1,"trust":"reported","event":"start","uid":"1000","pid":42}""", 1000u, 42)]
    [InlineData("""{"kerr":1,"trust":"\ud800","event":"start","uid":1000,"pid":42}""", 1000u, 42)]
    public void Who_sent_it_is_held_against_what_it_says(string record, uint sender, int process)
    {
        Judgement judged = Of(record, User(sender) with { Pid = process });

        Assert.Equal(Verdict.Forged, judged.Verdict);
        Assert.NotNull(judged.Why);
        Assert.Equal((sender, process), (judged.Uid, judged.Pid));    // it is found with who sent it, not with whom it names
        Assert.Null(judged.Launch);
    }

    [Fact]
    public void From_inside_a_container_the_numbers_of_the_source_count()
    {
        string inside = Honest.Replace("\"uid\":1000,\"pid\":42", "\"inside\":1,\"uid\":0,\"pid\":1", System.StringComparison.Ordinal);
        Judgement judged = Of(inside, User(1000) with { LoginUid = 1000, StartedAt = 7 });

        Assert.Equal((Verdict.Reported, 1000u, 42), (judged.Verdict, judged.Uid, judged.Pid));
        Assert.NotNull(judged.Why);
    }

    [Fact]
    public void A_start_before_the_process_began_or_another_login_is_forged()
    {
        Assert.Equal(Verdict.Forged, Of(Honest, User(1000) with { StartedAt = 6 }).Verdict);
        Assert.Equal(Verdict.Forged, Of(Honest, User(1000) with { LoginUid = 1002 }).Verdict);
        Assert.Equal(Verdict.Reported, Of(Honest, User(1000) with { StartedAt = 7, LoginUid = 1000 }).Verdict);
    }

    [Fact]
    public void A_younger_process_of_the_same_number_says_nothing_of_the_sender()
    {
        Judgement judged = Of(Honest, User(1000) with { StartedAt = 8, LoginUid = 1002, ControlGroups = "0::/slurm/uid_0/job_3" });

        Assert.Equal(Verdict.Reported, judged.Verdict);
        Assert.Null(judged.Job);
        Assert.NotNull(judged.Why);
    }

    [Fact]
    public void The_job_that_the_source_saw_counts_and_others_are_claims()
    {
        Judgement judged = Of(Honest, User(1000) with { ControlGroups = "/system.slice/slurmstepd.scope/job_8" });

        Assert.Equal("slurm:8", judged.Job);
        Assert.Equal("slurm:9", judged.ClaimedJob);
        Assert.Null(Of(Honest, User(1000)).Job);
    }

    [Fact]
    public void Without_a_known_sender_nothing_is_proven()
    {
        Judgement judged = Of(Proven, new Evidence("file", "2026-01-01T00:00:00.000000Z"));

        Assert.Equal(Verdict.Unproven, judged.Verdict);
        Assert.Null(judged.Job);
    }

    private static Evidence User(uint uid) => new("journal", "2026-01-01T00:00:00.000000Z", uid, 42);

    private static Judgement Of(string record, Evidence evidence)
    {
        Judgement judged = Judgement.Of(record, evidence, out JsonDocument? document);
        document?.Dispose();
        return judged;
    }
}

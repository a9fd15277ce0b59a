using System.Collections.Generic;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Clients;

/// <summary>HTCondor's probe and job lines, as it sends them: standard error is part of what it reads.</summary>
public class HtCondorTests
{
    // The image of the probe holds only dev/, proc/ and two static programs.
    private static string? directory;
    private static string? sif;

    private static string ProbeDirectory => directory ??= Images.Bare(("/exit_37", StaticPrograms.Exit37), ("/get_user_ns", StaticPrograms.UserNamespace)).Path;

    private static string ProbeSif => sif ??= Images.Bare(("/exit_37", StaticPrograms.Exit37), ("/get_user_ns", StaticPrograms.UserNamespace)).Sif("exit_37.sif");

    private static Caller Condor(Caller caller, string program) => caller.Named(program).WithOnly().In("/");

    [Theory]
    [InlineData("singularity")]
    [InlineData("apptainer")]
    public void The_version_is_asked_as_root(string program)
    {
        Result result = Condor(As.Root, program).Run("--version").Succeeds().Silent();
        Assert.Matches(@"^apptainer version [0-9]+\.[0-9]+\.[0-9]+(\+.*)?$", result.Line);
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    public void The_probes_end_with_37_in_an_empty_environment_and_say_nothing(Profile profile)
    {
        foreach (string image in (string[])[ProbeDirectory, ProbeSif])
        {
            Result result = Condor(As.By(profile), "singularity").Run("exec", "-C", image, "/exit_37").Ends(37).Silent();
            Assert.Equal("", result.Out);
        }
    }

    [Fact]
    public void The_first_line_of_the_namespace_probe_is_the_namespace()
    {
        Result result = Condor(As.User, "singularity").Run("exec", "-C", ProbeDirectory, "/get_user_ns").Succeeds().Silent();
        Assert.Matches(@"^user:\[[0-9]+\]$", result.Line);
        Assert.NotEqual(Host.Run("readlink", "/proc/self/ns/user").Trim(), result.Line);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_job_runs_in_its_scratch_directory(bool useSif)
    {
        ImageTree tree = Images.New();
        string image = useSif ? tree.Sif("t.sif") : tree.Path;
        string execute = Host.Directory(TestUser.First);
        string scratch = $"{execute}/scratch";
        System.IO.Directory.CreateDirectory(scratch);
        Host.Own(scratch, TestUser.First);
        Host.Write($"{scratch}/job.sh", """
            #!/bin/sh
            echo "$PWD $HOME $# [$*]"
            echo "$JOB_VARIABLE $_CONDOR_SCRATCH_DIR"
            echo temp > /tmp/f && echo temp > /var/tmp/f && echo out > output && test ! -e /home/nobody
            exit 37

            """, Modes.Everybody);
        string[] environment = JobEnvironment(scratch);

        // -S, -W, --home and -B nest into each other.
        Caller condor = Condor(As.User, "singularity").WithOnly(environment).In(scratch);
        string[] mounts = ["-S", "/tmp", "-S", "/var/tmp", "-W", scratch, "--pwd", scratch, "-B", execute, "--home", scratch, "-C"];
        Result result = condor.Run(["-s", "exec", .. mounts, image, $"{scratch}/job.sh", "a", "b"]).Ends(37).Silent();
        Assert.Equal([$"{scratch} {scratch} 2 [a b]", $"value with spaces {scratch}"], result.Lines);
        Assert.Equal("out\n", System.IO.File.ReadAllText($"{scratch}/output"));
        Assert.Equal("temp\n", System.IO.File.ReadAllText($"{scratch}/scratch/tmp/f"));

        condor.Run(["-s", "-q", "test", .. mounts, image]).Ends(0).Silent();
    }

    [Fact]
    public void A_job_runs_the_runscript_with_its_arguments()
    {
        string image = Images.New().Script("/.singularity.d/runscript", "#!/bin/sh\necho \"run $*\"\nexit 37\n").Sif("t.sif");
        string execute = Host.Directory(TestUser.First);
        string scratch = Host.Own(System.IO.Directory.CreateDirectory($"{execute}/scratch").FullName, TestUser.First);
        Result result = Condor(As.User, "singularity").WithOnly(JobEnvironment(scratch)).In(scratch)
            .Run("-s", "run", "-S", "/tmp", "-S", "/var/tmp", "-W", scratch, "--pwd", scratch, "-B", execute, "--home", scratch, "-C", image, "x", "y").Ends(37).Silent();
        Assert.Equal("run x y", result.Line);
    }

    [Fact]
    public void A_scratch_directory_may_be_bound_elsewhere_and_the_image_be_relative()
    {
        string execute = Host.Directory(TestUser.First);
        string scratch = Host.Own(System.IO.Directory.CreateDirectory($"{execute}/scratch").FullName, TestUser.First);
        System.IO.File.Copy(Images.Sif, $"{scratch}/t.sif");
        Host.Write($"{scratch}/job.sh", "#!/bin/sh\npwd\nexit 37\n", Modes.Everybody);
        Result result = Condor(As.User, "singularity").WithOnly(JobEnvironment(scratch)).In(scratch)
            .Run("-s", "exec", "-S", "/tmp", "-S", "/var/tmp", "-W", scratch, "--pwd", "/srv/scratch", "-B", $"{execute}:/srv", "--home", scratch, "-C", "t.sif", "/srv/scratch/job.sh")
            .Ends(37).Silent();
        Assert.Equal("/srv/scratch", result.Line);
    }

    [Fact]
    public void An_image_of_a_registry_is_pulled_in_an_environment_without_a_home()
    {
        using var registry = new Registry.LocalRegistry();
        registry.Put("group/tool", "1");
        string execute = Host.Directory(TestUser.First);
        string scratch = Host.Own(System.IO.Directory.CreateDirectory($"{execute}/scratch").FullName, TestUser.First);
        Host.Write($"{scratch}/job.sh", "#!/bin/sh\ncat /hello\necho \"$PWD $JOB_VARIABLE\"\nexit 37\n", Modes.Everybody);
        // The cache would be in the home that the list of users names.
        Result result = Condor(As.User, "singularity").WithOnly([.. JobEnvironment(scratch), $"APPTAINER_CACHEDIR={Host.Directory(TestUser.First)}", "APPTAINER_NO_HTTPS=1"]).In(scratch)
            .Run("-s", "exec", "-S", "/tmp", "-S", "/var/tmp", "-W", scratch, "--pwd", "/srv/scratch", "-B", $"{execute}:/srv", "--home", scratch, "-C", $"docker://{registry.Host}/group/tool:1", "/srv/scratch/job.sh")
            .Ends(37).Silent();
        Assert.Equal(["from a registry", "/srv/scratch value with spaces"], result.Lines);
    }

    [Theory]
    [InlineData("--nv")]
    [InlineData("--rocm")]
    public void On_a_host_without_the_devices_their_options_spoil_no_output(string option)
    {
        Result result = Condor(As.User, "singularity").Run("-s", "exec", option, "-C", ProbeSif, "/exit_37").Ends(37).Silent();
        Assert.Equal("", result.Out);
    }

    [Fact]
    public void The_line_of_a_submit_directory_binds_it_twice_and_that_is_no_matter()
    {
        string iwd = Host.Directory(TestUser.First);
        System.IO.File.Copy(Images.Sif, $"{iwd}/t.sif");
        Host.Write($"{iwd}/job.sh", "#!/bin/sh\npwd; echo \"$*\"\nexit 37\n", Modes.Everybody);
        Result result = Condor(As.User, "singularity").WithOnly(JobEnvironment(iwd)).In(iwd)
            .Run("-s", "exec", "-S", "/tmp", "-S", "/var/tmp", "-B", iwd, "-W", iwd, "--pwd", iwd, "-B", iwd, "--contain", "--ipc", "--cleanenv", $"{iwd}/t.sif", $"{iwd}/job.sh", "a", "b")
            .Ends(37).Silent();
        Assert.Equal([iwd, "a b"], result.Lines);
    }

    [Fact]
    public void The_job_is_the_first_child_of_the_first_child_with_its_own_uid()
    {
        // As condor_ssh_to_job finds it: the lowest-numbered child, and its child; the host uid maps to itself.
        using Running running = Condor(As.User, "singularity").Start("-s", "exec", "-C", Images.Sif, "sh", "-c", "echo ready; sleep 100; true");
        running.WaitFor("ready");
        int job = running.Pid;
        for (string children = Children(job); children.Length > 0; children = Children(job))
        {
            job = int.Parse(children.Split(' ')[0], null);
        }

        // A process that is on its way into a program has no command line for a moment.
        string line = "";
        Assert.True(System.Threading.SpinWait.SpinUntil(() => (line = System.IO.File.ReadAllText($"/proc/{job}/cmdline")).Length > 0, 10_000));
        Assert.Contains(line, (string[])["sleep\0100\0", "sh\0-c\0echo ready; sleep 100; true\0"]);
        string uid = $"{TestUser.First.Uid}";
        Assert.Equal([uid, uid, "1"], System.IO.File.ReadAllText($"/proc/{job}/uid_map").Split((char[]?)null, System.StringSplitOptions.RemoveEmptyEntries));
        running.Signal(15);
        running.Wait().Ends(128 + 15);

        static string Children(int pid) => System.IO.File.ReadAllText($"/proc/{pid}/task/{pid}/children").Trim();
    }

    /// <summary>Plain and prefixed, without HOME, USER and PATH, some 70 of them.</summary>
    private static string[] JobEnvironment(string scratch)
    {
        var variables = new List<string> { "JOB_VARIABLE=value with spaces", $"_CONDOR_SCRATCH_DIR={scratch}", "_CONDOR_SLOT=slot1" };
        for (int i = 0; i < 30; i++)
        {
            variables.Add($"BATCH_VARIABLE_{i}=value {i}");
        }

        foreach (string variable in variables.ToArray())
        {
            variables.Add("APPTAINERENV_" + variable);
        }

        return [.. variables];
    }
}

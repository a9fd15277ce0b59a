using Kerr.EndToEnd.Harness;
using Kerr.EndToEnd.Registry;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Clients;

/// <summary>The lines that workflow engines send, with directory images and SIF files.</summary>
public class WorkflowTests
{
    public static readonly TheoryData<bool> Images_ = [false, true];

    private static string Image(bool sif, string name = "image.sif")
    {
        ImageTree tree = Images.New().OwnedBy(TestUser.First);
        tree.Script("/bin/bash", "#!/bin/sh\nexec /bin/sh \"$@\"\n").Script("/bin/python3", "#!/bin/sh\necho \"python $*\"\n");
        return sif ? tree.Sif(name) : tree.Path;
    }

    [Fact]
    public void Cwltool_probes_with_an_image_that_lacks_the_program()
        => As.User.Named("singularity").Run("exec", "--userns", Images.Bare(("/hello", StaticPrograms.Exit37)).SquashFs("hello.simg"), "true")
            .Ends(255).Warns("executable file not found in");

    [Theory]
    [MemberData(nameof(Images_))]
    public void Cwltool_counts_words(bool sif)
    {
        string home = Host.Directory(TestUser.First), temporary = Host.Directory(TestUser.First);
        string input = Host.Own(Host.Write($"{Host.Directory()}/in.txt", "12345\n"), TestUser.First);
        const string staged = "/var/lib/cwl/stg0a1b2c/in.txt";
        Result result = As.User.Named("singularity").With("SINGULARITYENV_TMPDIR=/tmp").In(home).Run(
            "--quiet", "exec", "--contain", "--ipc", "--cleanenv", "--userns", "--home", $"{home}:/TsrVPv", "--bind", $"{temporary}:/tmp",
            "--bind", $"{input}:{staged}:ro", "--pwd", "/TsrVPv", "--net", "--network", "none", Image(sif, "alpine:3.19.sif"),
            "sh", "-c", $"wc -c {staged}; pwd; echo $TMPDIR; touch out /tmp/t; echo x >> {staged}").Ends(1);
        Assert.Equal([$"6 {staged}", "/TsrVPv", "/tmp"], result.Lines);
        result.Warns("Read-only file system");
        Assert.True(System.IO.File.Exists($"{home}/out") && System.IO.File.Exists($"{temporary}/t"));
    }

    [Theory]
    [MemberData(nameof(Images_))]
    public void Snakemake_runs_a_shell_command(bool sif)
    {
        string directory = Host.Directory(TestUser.First);
        System.IO.Directory.CreateDirectory($"{directory}/data");
        As.User.Named("singularity").In(directory).Run(
            "exec", "--home", directory, "-B", $"{directory}/data", Image(sif, "f89f24.simg"), "bash", "-c", "set -euo pipefail;  echo 'it''s' > a.out").Prints("");
        Assert.Equal("its\n", System.IO.File.ReadAllText($"{directory}/a.out"));
    }

    [Theory]
    [MemberData(nameof(Images_))]
    public void Snakemake_runs_a_script_with_its_own_library_bound(bool sif)
    {
        string directory = Host.Directory(TestUser.First), library = Host.Directory();
        Host.Write($"{library}/snakemake/__init__.py", "");
        As.User.Named("singularity").In(directory).Run(
            "exec", "--home", directory, "--bind", $"{library}:/mnt/snakemake", Image(sif), "bash", "-c", "set -euo pipefail; ls /mnt/snakemake; python3 /x/tmp_x.s.py")
            .Prints("snakemake\npython /x/tmp_x.s.py");
    }

    [Theory]
    [MemberData(nameof(Images_))]
    public void Nextflow_starts_with_nearly_no_environment(bool sif)
    {
        string work = Host.Directory(TestUser.First);
        Host.Own(Host.Write($"{work}/.command.run", "echo \"task in $PWD with $TMP\"; echo done > .exitcode\n"), TestUser.First);
        As.User.Named("/bin/sh").In(work).Run("-c",
            $"set +u; TMP=/tmp; env - PATH=\"$PATH\" SINGULARITYENV_TMP=\"$TMP\" {Tree.Bin("singularity")} exec --no-home --pid -B {work} {Image(sif)} /bin/bash -c \"cd {work}; /bin/bash .command.run\"")
            .Prints($"task in {work} with /tmp");
        Assert.Equal("done\n", System.IO.File.ReadAllText($"{work}/.exitcode"));
    }

    [Fact]
    public void Nextflow_pulls_under_a_name_that_it_changes()
    {
        using var registry = new LocalRegistry();
        registry.Put("biocontainers/tool", "1.0--0", withShell: true);
        string cache = Host.Directory(TestUser.First);
        Caller user = As.User.Named("/bin/bash").In(cache).With($"PATH={Tree.Root}/bin:{Caller.DefaultPath}", $"HOME={Host.Directory(TestUser.First)}");

        user.Run("-c", $"singularity pull --no-https --name tool-1.0--0.img.pulling.1732000000000 docker://{registry.Host}/biocontainers/tool:1.0--0 > /dev/null && mv tool-1.0--0.img.pulling.1732000000000 tool-1.0--0.img")
            .Ends(0);
        user.Run("-c", $"set +u; env - PATH=\"$PATH\" SINGULARITYENV_NXF_TASK_WORKDIR={cache} singularity exec --no-home --pid -B {cache} {cache}/tool-1.0--0.img /bin/bash -c 'cat /hello; echo $NXF_TASK_WORKDIR'")
            .Prints($"from a registry\n{cache}");
    }

    /// <summary>What its adapter for Linux hosts sends to a session of tmux, and how it ends what runs there.</summary>
    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(true, "--contain")]
    public void Open_OnDemand_ends_a_session_by_its_appinit(bool sif, string contain)
    {
        string home = Host.Directory(TestUser.First);
        Host.Write($"{home}/tmp.abc_sing", "#!/bin/bash\necho \"session $# [$*] in $PWD\"\nsleep 1000\necho not reached\n", Modes.Everybody);
        Host.Write($"{home}/tmp.abc_tmux", $$"""
            #!/bin/bash
            cd {{home}}
            export SINGULARITY_BINDPATH={{home}},/opt,/srv
            OUTPUT_PATH={{home}}/output
            ERROR_PATH={{home}}/error
            ({
            timeout 3600s {{Tree.Bin("singularity")}} exec {{contain}} --pid {{Image(sif)}} /bin/bash --login {{home}}/tmp.abc_sing 'a b' c
            } | tee "$OUTPUT_PATH") 3>&1 1>&2 2>&3 | tee "$ERROR_PATH"
            exit 0

            """, Modes.Everybody);
        using Running session = (As.User with { Program = "/bin/bash" }).StartOnTerminal($"{home}/tmp.abc_tmux");
        session.WaitFor("session 2 [a b c] in ");

        Need.Program("pstree");
        string end = $"kill \"$(pstree -p -l {session.Pid} | grep -o 'appinit([[:digit:]]*' | grep -o '[[:digit:]]*')\"";
        As.User.Named("/bin/bash").Run("-c", end).Succeeds();

        session.Wait().Ends(0);
        Assert.DoesNotContain("not reached", session.Out, System.StringComparison.Ordinal);
        Assert.StartsWith("session 2 [a b c] in ", System.IO.File.ReadAllText($"{home}/output"), System.StringComparison.Ordinal);
        Assert.Equal("", System.IO.File.ReadAllText($"{home}/error"));
    }

    [Theory]
    [MemberData(nameof(Images_))]
    public void Galaxy_mounts_what_it_names_and_nothing_else(bool sif)
    {
        string work = Host.Directory(TestUser.First), data = Host.Directory(TestUser.First), home = Host.Directory(TestUser.First);
        Host.Write($"{data}/in", "data\n");
        As.User.Named("singularity").With("SINGULARITYENV_K=v").Run(
            "-s", "exec", "--contain", "--pwd", work, "--cleanenv", "--ipc", "--pid", "--no-mount", "tmp", "-B", $"{data}:{data}:ro", "-B", $"{work}:{work}:rw",
            "--home", $"{home}:{home}", Image(sif), "sh", "-c", $"pwd; echo $K $HOME; cat {data}/in; touch out; touch {data}/no 2> /dev/null || echo read-only; ls -A /var/tmp")
            .Prints($"{work}\nv {home}\ndata\nread-only");
        Assert.True(System.IO.File.Exists($"{work}/out"));
    }

    [Fact]
    public void Version_parsers_find_a_version()
    {
        foreach (string name in (string[])["apptainer", "singularity"])
        {
            string line = As.User.Named(name).WithOnly().Run("--version").Succeeds().Silent().Line;
            Assert.Matches(@"^(.+) version ([0-9\.]+)", line);             // cwltool
            Assert.Matches(@"\d+\.\d+(\.\d+)?", line);                     // EasyBuild
            Assert.Contains("apptainer", line, System.StringComparison.Ordinal);    // HTCondor chooses the prefix by it
            Assert.True(System.Version.Parse(line.Split(' ')[^1].Split('+')[0]) >= new System.Version(1, 0, 0));        // Snakemake
            As.User.Named(name).Run("version").Prints(line.Split(' ')[^1]);
        }

        As.User.Run("--version").Shows("kerr version ");
    }
}

using Kerr.EndToEnd.Harness;
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

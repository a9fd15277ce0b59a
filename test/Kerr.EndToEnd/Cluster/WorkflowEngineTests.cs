using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.EndToEnd.Registry;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Cluster;

/// <summary>cwltool and Snakemake as Debian has them run workflows whose steps are in an image of a registry: pulled, staged, scattered, joined.</summary>
public class WorkflowEngineTests
{
    private const string Tool = """
        cwlVersion: v1.2
        class: CommandLineTool
        hints: {DockerRequirement: {dockerPull: "IMAGE"}}
        baseCommand: [sh, -c]

        """;

    private const string Count = Tool + """
        inputs: {text: File}
        arguments: ['busybox wc -c < $(inputs.text.path) && cat /hello && ! (echo >> $(inputs.text.path)) 2> /dev/null && test "$HOME" = "$PWD"']
        stdout: count
        outputs: {count: {type: stdout}}

        """;

    private const string Join = Tool + """
        inputs: {counts: {type: "File[]", inputBinding: {position: 2}}}
        arguments: [{valueFrom: 'cat "$@"', position: 0}, {valueFrom: join, position: 1}]
        stdout: joined.txt
        outputs: {joined: {type: stdout}}

        """;

    private const string Workflow = """
        cwlVersion: v1.2
        class: Workflow
        requirements: {ScatterFeatureRequirement: {}}
        inputs: {texts: "File[]"}
        steps:
          count: {run: count.cwl, scatter: text, in: {text: texts}, out: [count]}
          join: {run: join.cwl, in: {counts: count/count}, out: [joined]}
        outputs: {joined: {type: File, outputSource: join/joined}}

        """;

    private const string Snakefile = """
        container: "docker://IMAGE"
        rule all:
            input: "joined.txt"
        rule count:
            input: "{name}.in"
            output: "{name}.count"
            shell: "busybox wc -c < {input} > {output} && cat /hello >> {output}"
        rule join:
            input: expand("{name}.count", name=["a", "b", "c"])
            output: "joined.txt"
            shell: "cat {input} > {output}"

        """;

    private const string Joined = "2\nfrom a registry\n3\nfrom a registry\n4\nfrom a registry\n";

    [Fact]
    public void Cwltool_scatters_over_staged_files()
    {
        Need.Program("cwltool");
        using var registry = new LocalRegistry();
        registry.Put("tools", "1", withShell: true);
        string directory = Inputs();
        Put(directory, "count.cwl", Count, registry);
        Put(directory, "join.cwl", Join, registry);
        Put(directory, "workflow.cwl", Workflow, registry);
        Put(directory, "job.yml", "texts: [{class: File, path: a.in}, {class: File, path: b.in}, {class: File, path: c.in}]\n", registry);

        Engine(directory, "/usr/bin/cwltool").Run("--singularity", "--outdir", $"{directory}/results", "workflow.cwl", "job.yml").Ends(0);

        Assert.Equal(Joined, File.ReadAllText($"{directory}/results/joined.txt"));
        Assert.NotEqual(0, registry.Gets("/blobs/"));
    }

    [Fact]
    public void Snakemake_runs_rules_in_the_image()
    {
        Need.Program("snakemake");
        using var registry = new LocalRegistry();
        registry.Put("tools", "1", withShell: true);
        string directory = Inputs();
        Put(directory, "Snakefile", Snakefile, registry);

        Engine(directory, "/usr/bin/snakemake").Run("--use-singularity", "--cores", "2", "--nocolor").Ends(0);

        Assert.Equal(Joined, File.ReadAllText($"{directory}/joined.txt"));
        Assert.Single(Directory.GetFiles($"{directory}/.snakemake/singularity", "*.simg"));     // pulled once, under the engine's own name
    }

    /// <summary>An ordinary user's directory with three files of 2, 3 and 4 bytes.</summary>
    private static string Inputs()
    {
        string directory = Host.Directory(TestUser.First);
        foreach ((string name, string text) in (ReadOnlySpan<(string, string)>)[("a", "1\n"), ("b", "12\n"), ("c", "123\n")])
        {
            Host.Own(Host.Write($"{directory}/{name}.in", text), TestUser.First);
        }

        return directory;
    }

    private static void Put(string directory, string name, string text, LocalRegistry registry)
        => Host.Own(Host.Write($"{directory}/{name}", text.Replace("IMAGE", $"{registry.Host}/tools:1", StringComparison.Ordinal)), TestUser.First);

    /// <summary>A user who has our programs first in PATH, and whose registry speaks plain HTTP.</summary>
    private static Caller Engine(string directory, string program)
    {
        string temporary = Host.Directory(TestUser.First);
        return As.User.Named(program).In(directory).With(
            $"PATH={Tree.Root}/bin:{Caller.DefaultPath}", $"TMPDIR={temporary}", $"HOME={Host.Directory(TestUser.First)}", "APPTAINER_NO_HTTPS=1", $"APPTAINER_CACHEDIR={temporary}/cache") with
        {
            Timeout = TimeSpan.FromSeconds(120),
        };
    }
}

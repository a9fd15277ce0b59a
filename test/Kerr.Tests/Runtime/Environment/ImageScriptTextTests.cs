using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Kerr.Linux;
using Kerr.Runtime.Environment;
using Kerr.Tests.Runtime.Environment.Shell;
using Xunit;

namespace Kerr.Tests.Runtime.Environment;

/// <summary>The generated script, run by real shells, yields what the evaluation without a shell yields.</summary>
public sealed class ImageScriptTextTests : IDisposable
{
    private static readonly string[] Shells = ["dash", "busybox", "bash"];

    private readonly string _directory = Directory.CreateTempSubdirectory("kerr-env").FullName;

    public static TheoryData<string, string[]> Cases
    {
        get
        {
            string[][] hosts =
            [
                [],
                ["FOO=bar", "PS1=me> ", "TERM=vt", "HOSTNAME=h", "SHLVL=3", "_=x", "OLDPWD=/o", "CGO_ENABLED=1", "GONE=1", "HID=1", "NUL=1"],
                ["MULTI=a\nb", "Q=it's \"q\" $x `y` \\z", "a.b=1", "PROMPT_COMMAND=date; x", "EMPTY=", "IFS=:", "PWD=/elsewhere"],
                ["APPTAINERENV_WHO=$UID-$GID-\"q\"-'s'-\\$UID", "APPTAINERENV_APPEND_PATH=/a b", "APPTAINERENV_PREPEND_PATH=/p"],
                ["APPTAINERENV_PATH=$PATH:/x", "APPTAINERENV_LD_LIBRARY_PATH=/l", "APPTAINERENV_PREPEND_LD_LIBRARY_PATH=/k", "APPTAINERENV_my-x=1"],
                ["APPTAINERENV_X=a\nb", "APPTAINERENV_E=", "APPTAINERENV_ARG=$1", "APPTAINERENV_APPTAINER_NAME=mine", "APPTAINERENV_BACK=x\\"],
            ];
            TheoryData<string, string[]> data = [];
            foreach (string shell in Shells)
            {
                foreach (string[] host in hosts)
                {
                    data.Add(shell, host);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_real_shell_and_the_evaluation_agree(string shell, string[] host)
    {
        ImageScriptsRequest request = Place(ImageScriptsTests.Request(
            [
                .. ImageScriptsTests.Standard(),
                ImageScriptsTests.Script("91-environment.sh", "GONE=\nexport NUL=\nHID=x\nexport Z='q  r'\nIFS=,"),
                ImageScriptsTests.Script("99-zz.sh", "export AFTER=\"${WHO-}\"\nreturn 3\n"),
            ],
            host));
        request = request with { Uid = BashUid() };

        IReadOnlyList<EnvironmentVariable> real = Run(shell, request);

        Assert.Equal(
            HostEnvironmentTests.Texts(ImageScripts.Evaluate(request, new MapFiles()).Variables), HostEnvironmentTests.Texts(real));
    }

    [Theory]
    [InlineData("dash")]
    [InlineData("busybox")]
    [InlineData("bash")]
    public void Values_are_embedded_without_being_evaluated_on_request(string shell)
    {
        ImageScriptsRequest request = Place(ImageScriptsTests.Request(
            ImageScriptsTests.Standard(), "APPTAINERENV_A=$(id) `x` 'y' \"z\" \\")) with
        { NoEvaluation = true };

        Assert.Equal("$(id) `x` 'y' \"z\" \\", ImageScriptsTests.Value("A", Run(shell, request)));
    }

    [Theory]
    [InlineData("dash")]
    [InlineData("busybox")]
    [InlineData("bash")]
    public void Programs_run_and_bytes_survive(string shell)
    {
        ImageScriptsRequest request = Place(ImageScriptsTests.Request(
            [ImageScriptsTests.Script("90-environment.sh", "export A=$(printf '\\377' | cat) B='\u00ff\u00c3'"), .. ImageScriptsTests.Standard()[3..]],
            "APPTAINERENV_C=$(echo in | cat)"));

        IReadOnlyList<EnvironmentVariable> variables = Run(shell, request);

        Assert.Equal("\u00ff", ImageScriptsTests.Value("A", variables));
        Assert.Equal("\u00ff\u00c3", ImageScriptsTests.Value("B", variables));
        Assert.Equal("in", ImageScriptsTests.Value("C", variables));
    }

    [Fact]
    public void What_bash_declares_in_a_script_is_no_local_variable()
    {
        ImageScriptsRequest request = Place(ImageScriptsTests.Request(
            [ImageScriptsTests.Script("90-environment.sh", "declare -x A=1; [[ a == a* ]] && export B=2")]));

        IReadOnlyList<EnvironmentVariable> variables = Run("bash", request);

        Assert.Equal("1", ImageScriptsTests.Value("A", variables));
        Assert.Equal("2", ImageScriptsTests.Value("B", variables));
    }

    [Theory]
    [InlineData("dash")]
    [InlineData("busybox")]
    [InlineData("bash")]
    public void A_script_that_changes_directory_or_options_does_not_change_the_payloads(string shell)
    {
        ImageScriptsRequest request = Place(ImageScriptsTests.Request(
            [ImageScriptsTests.Script("90-environment.sh", "cd /\nset -af\nset -u\nX=1")]));

        IReadOnlyList<EnvironmentVariable> variables = Run(shell, request);

        Assert.Equal(_directory, ImageScriptsTests.Value("PWD", variables));
        Assert.DoesNotContain(variables, variable => variable.Name.StartsWith("kerr_", StringComparison.Ordinal));
    }

    [Fact]
    public void An_unknown_set_of_scripts_is_looked_for_by_the_shell()
    {
        string text = ImageScriptText.Generate(ImageScriptsTests.Request([]), "exec x", listed: false);

        Assert.Contains("for kerr_s in /.singularity.d/env/*.sh; do", text, StringComparison.Ordinal);
        Assert.Contains("for kerr_s in /environment; do", text, StringComparison.Ordinal);
        Assert.EndsWith("\nexec x\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_injected_value_that_is_no_shell_text_is_found_before_a_shell_does()
    {
        Assert.Throws<UserException>(
            () => ImageScriptText.Generate(ImageScriptsTests.Request([], "APPTAINERENV_X=`"), "exec x"));
    }

    [Theory]
    [InlineData("export A=1\n[ \"$A\" = 1 ] && B=${A%1}", false)]
    [InlineData("#!/bin/sh\nf() { local x=1; }", false)]
    [InlineData("echo '[['", false)]
    [InlineData("#!/bin/bash\nA=1", true)]
    [InlineData("#!/usr/bin/env bash", true)]
    [InlineData("[[ -n $A ]]", true)]
    [InlineData("[ a == b ]", true)]
    [InlineData("A=(1 2)", true)]
    [InlineData("A+=x", true)]
    [InlineData("B=${A//x/y}", true)]
    [InlineData("B=${A:1}", true)]
    [InlineData("B=${!A}", true)]
    [InlineData("B=${A^^}", true)]
    [InlineData("B=${A[0]}", true)]
    [InlineData("B=$'x'", true)]
    [InlineData("B=\"$(dirname \"$BASH_SOURCE\")\"", true)]
    [InlineData("function f { :; }", true)]
    [InlineData("source /x", true)]
    [InlineData("declare -x A", true)]
    [InlineData("shopt -s x", true)]
    [InlineData("((A++))", true)]
    [InlineData("cat <<< x", true)]
    [InlineData("cat <(ls)", true)]
    [InlineData("ls &> /dev/null", true)]
    [InlineData("[[ a =~ b ]]", true)]
    [InlineData("echo {a,b}", true)]
    public void Knows_scripts_that_are_written_for_bash(string script, bool expected)
    {
        Assert.Equal(expected, ImageScriptText.NeedsBash(Encoding.Latin1.GetBytes(script)));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <remarks>bash does not let its UID be set.</remarks>
    private static int BashUid() => int.Parse(RealShell.Output("bash", "echo $UID", []), CultureInfo.InvariantCulture);

    /// <summary>The request with its scripts as files that a shell can source, run in their directory.</summary>
    private ImageScriptsRequest Place(ImageScriptsRequest request)
    {
        List<ImageScript> placed = [];
        foreach (ImageScript script in request.Scripts)
        {
            string path = Path.Combine(_directory, script.Name);
            File.WriteAllBytes(path, script.Text);
            placed.Add(new ImageScript(path, script.Text));
        }

        return request with { Scripts = placed, WorkingDirectory = _directory };
    }

    private static IReadOnlyList<EnvironmentVariable> Run(string shell, ImageScriptsRequest request)
    {
        string script = $"cd '{request.WorkingDirectory}'\n" + ImageScriptText.Generate(request, "exec /usr/bin/env -0");
        string output = RealShell.Output(
            shell, script, ImageScriptText.InitialEnvironment(request), [.. request.Arguments]);

        return ShellEnvironment.Merge(RealShell.ReadEnvironment(output), request);
    }
}

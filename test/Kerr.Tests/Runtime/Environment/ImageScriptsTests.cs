using System.Collections.Generic;
using System.Linq;
using System.Text;
using Kerr.Linux;
using Kerr.Runtime.Environment;
using Kerr.Runtime.Environment.Shell;
using Kerr.Tests.Runtime.Environment.Shell;
using Xunit;

namespace Kerr.Tests.Runtime.Environment;

/// <summary>The environment that a payload gets from image, host and options.</summary>
public sealed class ImageScriptsTests
{
    private const string Base = """
        if [ -z "${LD_LIBRARY_PATH:-}" ]; then
            LD_LIBRARY_PATH="/.singularity.d/libs"
        else
            LD_LIBRARY_PATH="$LD_LIBRARY_PATH:/.singularity.d/libs"
        fi
        if [ -z "${PS1:-}" ]; then
            PS1="Apptainer> "
        fi
        export LD_LIBRARY_PATH PS1
        """;

    private const string Go = """
            GOPATH=/go
            PATH=$PATH:$GOPATH/bin:/usr/local/go/bin
            CGO_ENABLED=0
            export GOPATH PATH CGO_ENABLED
        """;

    private const string GoPath = HostEnvironment.DefaultPath + ":/go/bin:/usr/local/go/bin";

    [Theory]
    [InlineData("", GoPath)]
    [InlineData("APPTAINERENV_APPEND_PATH=/foo", GoPath + ":/foo")]
    [InlineData("APPTAINERENV_PREPEND_PATH=/foo", "/foo:" + GoPath)]
    [InlineData("APPTAINERENV_PATH=/usr/bin:/bin,", "/usr/bin:/bin,")]
    [InlineData("APPTAINERENV_PATH=$PATH:/x", GoPath + ":/x")]
    [InlineData("PATH=/host", GoPath)]
    public void The_search_path_is_the_images_with_what_the_user_adds(string host, string expected)
    {
        Assert.Equal(expected, Value("PATH", Variables(Standard(), host)));
    }

    [Theory]
    [InlineData("", "/.singularity.d/libs")]
    [InlineData("LD_LIBRARY_PATH=/host", "/.singularity.d/libs")]
    [InlineData("APPTAINERENV_LD_LIBRARY_PATH=/foo,", "/foo,:/.singularity.d/libs")]
    [InlineData("APPTAINERENV_APPEND_LD_LIBRARY_PATH=/foo", "/.singularity.d/libs:/foo")]  // no ldconfig in this image
    [InlineData("APPTAINERENV_PREPEND_LD_LIBRARY_PATH=/foo", "/foo:/.singularity.d/libs")]
    public void Libraries_of_the_host_come_last(string host, string expected)
    {
        Assert.Equal(expected, Value("LD_LIBRARY_PATH", Variables(Standard(), host)));
    }

    [Fact]
    public void Libraries_of_32_bit_come_behind_those_of_64()
    {
        ImageEnvironment result = ImageScripts.Evaluate(Request(Standard()) with { HasHostLibraries32 = true }, new MapFiles());

        Assert.Equal("/.singularity.d/libs:/.singularity.d/libs32", Value("LD_LIBRARY_PATH", result.Variables));
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "APPTAINERENV_APPEND_LD_LIBRARY_PATH=/foo")]
    public void The_images_ldconfig_has_to_run_when_libraries_of_the_host_are_there(bool libraries, string host)
    {
        MapFiles files = new MapFiles().Add("/sbin/ldconfig!");

        var error = Assert.Throws<ShellUnsupportedException>(
            () => ImageScripts.Evaluate(Request(Standard(), host) with { HasHostLibraries = libraries }, files));

        Assert.Equal("/sbin/ldconfig -Nv", error.Construct);
    }

    [Theory]
    [InlineData("APPTAINERENV_WHO=ME", "ME")]
    [InlineData("APPTAINERENV_WHO=$UID", "1000")]
    [InlineData("APPTAINERENV_WHO=\"$UID\"", "\"1000\"")]
    [InlineData("APPTAINERENV_WHO='$UID'", "'1000'")]
    [InlineData("APPTAINERENV_WHO=\\$UID", "$UID")]
    [InlineData("APPTAINERENV_WHO=\\$(id -u)", "$(id -u)")]
    [InlineData("APPTAINERENV_WHO=/foo/\\$LIB/baz.so", "/foo/$LIB/baz.so")]
    [InlineData("APPTAINERENV_WHO=$CGO_ENABLED${1}$#", "0arg1")]
    [InlineData("APPTAINERENV_WHO=back\\", "back\\")]
    [InlineData("APPTAINERENV_WHO=a\\\"b", "a\"b")]
    [InlineData("APPTAINERENV_WHO=${NO:-\"q r\"}", "\"q r\"")]
    [InlineData("APPTAINERENV_WHO=*", "*")]
    [InlineData("APPTAINERENV_WHO=~", "~")]
    public void Injected_values_are_evaluated_once(string host, string expected)
    {
        Assert.Equal(expected, Value("WHO", Variables(Standard(), host)));
    }

    [Theory]
    [InlineData("$UID")]
    [InlineData("\"$UID\"")]
    [InlineData("\\$UID")]
    [InlineData("$(id -u)")]
    [InlineData("${broken")]
    public void Injected_values_stay_as_they_are_without_evaluation(string value)
    {
        ImageScriptsRequest request = Request(Standard(), "APPTAINERENV_WHO=" + value) with { NoEvaluation = true };

        Assert.Equal(value, Value("WHO", ImageScripts.Evaluate(request, new MapFiles()).Variables));
    }

    [Fact]
    public void An_injected_command_needs_the_images_shell()
    {
        var error = Assert.Throws<ShellUnsupportedException>(() => Variables(Standard(), "APPTAINERENV_WHO=$(id -u)"));

        Assert.Equal(("environment variable WHO", "id -u"), (error.File, error.Construct));
    }

    [Theory]
    [InlineData("${broken", "environment variable WHO cannot be evaluated: syntax error: a bad substitution")]
    [InlineData("`x", "environment variable WHO cannot be evaluated: syntax error: a backquote is not closed")]
    [InlineData("${NO:?gone}", "environment variable WHO cannot be evaluated: NO: gone")]
    public void An_injected_value_that_is_no_shell_text_is_the_users_error(string value, string message)
    {
        var error = Assert.Throws<UserException>(() => Variables(Standard(), "APPTAINERENV_WHO=" + value));

        Assert.Equal(message, error.Message);
        Assert.Contains("--no-eval", error.Remedy, System.StringComparison.Ordinal);
    }

    [Fact]
    public void The_image_wins_over_the_host_and_options_win_over_both()
    {
        Assert.Equal("0", Value("CGO_ENABLED", Variables(Standard(), "CGO_ENABLED=1")));
        Assert.Equal("1", Value("CGO_ENABLED", Variables(Standard(), "CGO_ENABLED=2", "APPTAINERENV_CGO_ENABLED=1")));
    }

    [Fact]
    public void Scripts_do_not_see_host_variables()
    {
        ImageScript[] scripts = [Script("90-environment.sh", "export SEEN=\"${FOO-}${TERM-}$APPTAINER_NAME$HOME$SINGULARITY_APPNAME\"")];

        Assert.Equal("i.sif/home/meapp", Value("SEEN", Variables(scripts, "FOO=1", "TERM=2")));
    }

    [Fact]
    public void An_empty_value_of_a_script_removes_the_hosts_and_an_unexported_one_hides_it()
    {
        ImageScript[] scripts = [Script("90-environment.sh", "export A=\nB=x\nexport C=\nunset D\nexport E\n")];

        ImageEnvironment result = ImageScripts.Evaluate(Request(scripts, "A=1", "B=1", "D=1", "E=1"), new MapFiles());

        Assert.Null(Value("A", result.Variables));
        Assert.Null(Value("B", result.Variables));
        Assert.Equal("", Value("C", result.Variables));
        Assert.Equal("1", Value("D", result.Variables));
        Assert.Equal("1", Value("E", result.Variables));
        Assert.Contains(new EnvironmentChange("A", null, "made empty by /.singularity.d/env/90-environment.sh"), result.Changes);
        Assert.Contains(new EnvironmentChange("B", null, "set without export by /.singularity.d/env/90-environment.sh"), result.Changes);
    }

    [Fact]
    public void Names_that_no_shell_knows_newlines_and_any_bytes_survive()
    {
        string[] host = ["BASH_FUNC_module%%=() { eval; }", "a.b=1", "MULTI=Hello\nWorld", "ESC=Hello\\nWorld", "RAW=\u00ff\u00c3("];

        List<string> texts = HostEnvironmentTests.Texts(Variables(Standard(), [.. host, "APPTAINERENV_my-var=$x"]));

        Assert.Empty(host.Append("my-var=$x").Except(texts));
    }

    [Fact]
    public void Fixed_names_cannot_be_changed_by_a_script()
    {
        ImageScript[] scripts = [Script("90-environment.sh", "APPTAINER_NAME=mine\nexport AFTER=$?\nSINGULARITY_APPNAME=x")];

        ImageEnvironment result = ImageScripts.Evaluate(Request(scripts), new MapFiles());

        Assert.Equal("i.sif", Value("APPTAINER_NAME", result.Variables));
        Assert.Equal("app", Value("SINGULARITY_APPNAME", result.Variables));
        Assert.Equal("1", Value("AFTER", result.Variables));
        Assert.Equal(2, result.Messages.Count);
    }

    [Fact]
    public void Scripts_run_by_name_and_only_those_a_shell_would_find()
    {
        ImageScript[] scripts =
        [
            Script("20-b.sh", "export L=${L}b"), Script("10-a.sh", "export L=a"), Script("README", "export L=x"),
            Script(".hidden.sh", "export L=y"), Script("Z.sh", "export L=${L}z"),
        ];

        Assert.Equal("abz", Value("L", Variables(scripts)));
    }

    [Fact]
    public void The_search_path_of_an_OCI_image_is_completed()
    {
        ImageScript[] scripts = [Script("10-docker2singularity.sh", "export PATH=\"/opt/bin:/usr/bin\"\nexport K=\"${K:-\"a\\\"b\"}\"")];

        IReadOnlyList<EnvironmentVariable> variables = Variables(scripts);

        Assert.Equal("/opt/bin:/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin", Value("PATH", variables));
        Assert.Equal("a\"b", Value("K", variables));
    }

    [Fact]
    public void Injection_follows_the_base_script_and_precedes_the_rest()
    {
        ImageScript[] scripts =
        [
            Script("90-environment.sh", "export X=early"), Script("99-base.sh", Base), Script("99-zz.sh", "export Y=$X"),
            Script("99-runtimevars.sh", "exit 1"),
        ];

        Assert.Equal("user", Value("Y", Variables(scripts, "APPTAINERENV_X=user")));
    }

    [Fact]
    public void An_image_without_scripts_gets_what_is_injected()
    {
        IReadOnlyList<EnvironmentVariable> variables = Variables([], "FOO=1", "APPTAINERENV_X=$FOO$HOME", "APPTAINERENV_APPEND_PATH=/x");

        Assert.Equal("/home/me", Value("X", variables));
        Assert.Equal(HostEnvironment.DefaultPath + ":/x", Value("PATH", variables));
        Assert.Equal("Apptainer> ", Value("PS1", variables));
        Assert.Equal("PS1=\"Apptainer> \"; unset PROMPT_COMMAND", Value("PROMPT_COMMAND", variables));
        Assert.Equal("/.singularity.d/env/91-environment.sh", Value("APPTAINER_ENVIRONMENT", variables));
        Assert.Equal("/.singularity.d/env/91-environment.sh", Value("SINGULARITY_ENVIRONMENT", variables));
        Assert.Null(Value("UID", variables));
        Assert.Equal("/work", Value("PWD", variables));
    }

    [Fact]
    public void The_prompt_of_the_host_is_used_and_its_command_kept()
    {
        IReadOnlyList<EnvironmentVariable> variables = Variables([], "PS1=me> ", "PROMPT_COMMAND=date");

        Assert.Equal("me> ", Value("PS1", variables));
        Assert.Equal(
            "date; PROMPT_COMMAND=\"${PROMPT_COMMAND%%; PROMPT_COMMAND=*}\"; PS1=\"me> \"", Value("PROMPT_COMMAND", variables));
    }

    [Fact]
    public void The_environment_file_of_the_oldest_images_is_evaluated()
    {
        ImageScript old = new("/environment", "PATH=\"/canary/path:$PATH\"; export PATH PS1"u8.ToArray());

        Assert.Equal("/canary/path:" + HostEnvironment.DefaultPath, Value("PATH", Variables([old])));
    }

    [Fact]
    public void A_script_with_a_program_is_left_to_the_images_shell_with_its_place()
    {
        ImageScript[] scripts = [Script("91-environment.sh", "# x\nexport H=$(hostname)")];

        var error = Assert.Throws<ShellUnsupportedException>(() => Variables(scripts));

        Assert.Equal(("/.singularity.d/env/91-environment.sh", 2, "hostname"), (error.File, error.Line, error.Construct));
    }

    [Fact]
    public void A_broken_script_is_left_to_the_images_shell()
    {
        Assert.Throws<ShellUnsupportedException>(() => Variables([Script("91-environment.sh", "if x")]));
    }

    [Fact]
    public void The_scripts_of_an_application_are_found_and_sourced()
    {
        const string Apps = """
            if test -n "${SINGULARITY_APPNAME:-}"; then
                export SINGULARITY_APPNAME
                if test -d "/scif/apps/${SINGULARITY_APPNAME:-}/"; then
                    PATH="/scif/apps/${SINGULARITY_APPNAME:-}:$PATH"
                    if [ -f "/scif/apps/${SINGULARITY_APPNAME:-}/scif/env/01-base.sh" ]; then
                        . "/scif/apps/${SINGULARITY_APPNAME:-}/scif/env/01-base.sh"
                    fi
                    export PATH
                else
                    echo "Could not locate the container application: ${SINGULARITY_APPNAME}"
                    exit 1
                fi
            fi
            """;
        MapFiles files = new MapFiles().Add("/scif/apps/app/").Add("/scif/apps/app/scif/env/01-base.sh", "export SCIF=$SINGULARITY_APPNAME");
        ImageScript[] scripts = [Script("95-apps.sh", Apps)];

        ImageEnvironment result = ImageScripts.Evaluate(Request(scripts), files);

        Assert.Equal("/scif/apps/app:" + HostEnvironment.DefaultPath, Value("PATH", result.Variables));
        Assert.Equal("app", Value("SCIF", result.Variables));
        Assert.Contains(new EnvironmentChange("SCIF", "app", "/scif/apps/app/scif/env/01-base.sh"), result.Changes);
        Assert.Throws<ShellUnsupportedException>(() => Variables(scripts)); // prints a message and ends: no such application
    }

    internal static ImageScript Script(string name, string text) => new("/.singularity.d/env/" + name, Encoding.Latin1.GetBytes(text));

    internal static ImageScript[] Standard() =>
    [
        Script("01-base.sh", "#!/bin/sh\n# only comments\n"),
        Script("10-docker2singularity.sh", $"#!/bin/sh\nexport PATH=\"{HostEnvironment.DefaultPath}\"\n"),
        Script("90-environment.sh", Go),
        Script("99-base.sh", Base),
    ];

    internal static ImageScriptsRequest Request(ImageScript[] scripts, params string[] host)
    {
        HostEnvironmentResult decided = HostEnvironment.Decide(new()
        {
            Host = HostEnvironmentTests.Variables(host.Where(text => text.Length > 0)),
            Runtime = HostEnvironmentTests.Variables("APPTAINER_NAME=i.sif", "SINGULARITY_NAME=i.sif", "SINGULARITY_APPNAME=app"),
            Home = "/home/me",
        });
        return new ImageScriptsRequest
        {
            Scripts = scripts,
            Forwarded = decided.Forwarded,
            Injected = decided.Injected,
            WorkingDirectory = "/work",
            Uid = 1000,
            Gid = 100,
            Arguments = ["arg"],
        };
    }

    internal static string? Value(string name, IEnumerable<EnvironmentVariable> variables) =>
        variables.Where(variable => variable.Name == name).Select(variable => variable.Value).SingleOrDefault();

    private static IReadOnlyList<EnvironmentVariable> Variables(ImageScript[] scripts, params string[] host) =>
        ImageScripts.Evaluate(Request(scripts, host), new MapFiles()).Variables;
}

using System.Collections.Generic;
using System.Linq;
using Kerr.Runtime.Environment;
using Xunit;

namespace Kerr.Tests.Runtime.Environment;

/// <summary>Which host variables go in, by which way, and what is said about it.</summary>
public sealed class HostEnvironmentTests
{
    [Fact]
    public void Host_variables_pass_but_settings_of_the_runtime_and_its_own_variables_do_not()
    {
        HostEnvironmentResult result = Decide(["FOO=bar", "EMPTY=", "APPTAINER_BIND=/x", "SINGULARITY_X=1", "KERR_X=1",
            "PATH=/host", "HOME=/host", "LD_LIBRARY_PATH=/host", "MULTI=a\nb", "BASH_FUNC_m%%=() { :; }"]);

        Assert.Equal(
            ["FOO=bar", "EMPTY=", "MULTI=a\nb", "BASH_FUNC_m%%=() { :; }", "HOME=/home/me", "PATH=" + HostEnvironment.DefaultPath],
            Texts(result.Forwarded));
        Assert.Empty(result.Injected);
        Assert.Contains(result.Changes, change => change is { Name: "LD_LIBRARY_PATH", Value: null });
    }

    [Fact]
    public void Clean_environment_keeps_the_terminal_and_proxies_and_sets_LANG()
    {
        HostEnvironmentResult result = Decide(
            ["FOO=bar", "TERM=vt", "https_proxy=p", "NO_PROXY=q", "LANG=de_DE"], clean: true);

        Assert.Equal(
            ["LANG=C", "TERM=vt", "https_proxy=p", "NO_PROXY=q", "HOME=/home/me", "PATH=" + HostEnvironment.DefaultPath],
            Texts(result.Forwarded));
        Assert.Contains(new EnvironmentChange("FOO", null, "host value withheld: --cleanenv"), result.Changes);
    }

    [Fact]
    public void An_injected_LANG_wins_over_the_one_of_a_clean_environment()
    {
        HostEnvironmentResult result = Decide(["APPTAINERENV_LANG=fr_FR"], clean: true);

        Assert.DoesNotContain(result.Forwarded, variable => variable.Name == "LANG");
        Assert.Equal(["LANG=fr_FR"], Texts(result.Injected));
    }

    [Fact]
    public void Withheld_names_stay_out_unless_they_are_injected()
    {
        HostEnvironmentResult result = Decide(["FOO=1", "BAR=2", "APPTAINERENV_BAR=3", "TERM=vt"], withheld: ["FOO", "BAR", "TERM"]);

        Assert.Equal(["TERM=vt", "HOME=/home/me", "PATH=" + HostEnvironment.DefaultPath], Texts(result.Forwarded));
        Assert.Equal(["BAR=3"], Texts(result.Injected));
    }

    [Fact]
    public void An_injected_variable_replaces_the_forwarded_one_and_that_of_the_runtime()
    {
        HostEnvironmentResult result = HostEnvironment.Decide(new()
        {
            Host = Variables("FOO=host", "APPTAINERENV_FOO=in", "APPTAINERENV_APPTAINER_NAME=mine"),
            Runtime = Variables("APPTAINER_NAME=image", "SINGULARITY_NAME=image"),
            Home = "/home/me",
        });

        Assert.Equal(["FOO=in", "APPTAINER_NAME=mine"], Texts(result.Injected));
        Assert.Equal(["SINGULARITY_NAME=image", "HOME=/home/me", "PATH=" + HostEnvironment.DefaultPath], Texts(result.Forwarded));
    }

    [Fact]
    public void The_search_path_is_injected_under_names_of_its_own()
    {
        HostEnvironmentResult result = Decide(
            ["APPTAINERENV_PATH=/p", "SINGULARITYENV_APPEND_PATH=/a", "APPTAINERENV_PREPEND_PATH=/b", "APPTAINERENV_=x"]);

        Assert.Equal(
            ["SING_USER_DEFINED_PATH=/p", "SING_USER_DEFINED_PREPEND_PATH=/b", "SING_USER_DEFINED_APPEND_PATH=/a"],
            Texts(result.Injected));
    }

    [Fact]
    public void The_newest_prefix_wins_and_differences_are_told()
    {
        HostEnvironmentResult result = Decide(
            ["SINGULARITYENV_A=3", "APPTAINERENV_A=2", "KERRENV_A=1", "SINGULARITYENV_B=1", "SINGULARITYENV_C=1", "APPTAINERENV_C=1"]);

        Assert.Equal(["A=1", "C=1", "B=1"], Texts(result.Injected));
        Assert.Equal(
            [
                "SINGULARITYENV_A and APPTAINERENV_A have different values, using the latter",
                "Skipping environment variable [APPTAINERENV_A=2], A is already overridden with different value [1]",
            ],
            result.Warnings);
        Assert.Equal(["Environment variable SINGULARITYENV_B is set, but APPTAINERENV_B is preferred"], result.Notes);
    }

    [Fact]
    public void Options_win_over_all_prefixes()
    {
        HostEnvironmentResult result = Decide(["KERRENV_A=1", "APPTAINERENV_A=2"], user: ["A=0"]);

        Assert.Equal(["A=0"], Texts(result.Injected));
        Assert.Empty(result.Warnings);
        Assert.Contains(new EnvironmentChange("A", "0", "--env or --env-file"), result.Changes);
    }

    [Theory]
    [InlineData("HOME")]
    [InlineData("APPTAINER_APPNAME")]
    [InlineData("SINGULARITY_SHELL")]
    public void Variables_of_the_runtime_cannot_be_overridden(string name)
    {
        HostEnvironmentResult result = Decide([$"APPTAINERENV_{name}=x"], user: [$"{name}=y"]);

        Assert.Empty(result.Injected);
        Assert.Equal(
            Enumerable.Repeat($"Overriding {name} environment variable with --env or --env-file is not permitted", 1), result.Warnings);
        Assert.Equal(
            Enumerable.Repeat($"Overriding {name} environment variable with APPTAINERENV_{name} is not permitted", 1),
            Decide([$"APPTAINERENV_{name}=x"]).Warnings);
    }

    [Fact]
    public void One_fact_is_told_once()
    {
        Assert.Equal(
            ["SINGULARITYENV_A and APPTAINERENV_A have different values, using the latter"],
            Decide(["SINGULARITYENV_A=1", "APPTAINERENV_A=2"]).Warnings);
        Assert.Equal(
            ["SINGULARITYENV_A and --env or --env-file have different values, using the latter"],
            Decide(["SINGULARITYENV_A=1"], user: ["A=2"]).Warnings);
    }

    [Fact]
    public void Options_win_over_environment_files_and_a_missing_name_is_told()
    {
        List<string> warnings = [];

        IReadOnlyList<EnvironmentVariable> merged = HostEnvironment.Merge(
            [new("A", "1"), new("", "x"), new("B", "1"), new("B", "2")], [new("A", "9"), new("C", "3"), new("C", "4")], warnings);

        Assert.Equal(["A=1", "B=2", "C=4"], Texts(merged));
        Assert.Equal(
            [
                "Ignore environment variable =x: variable name missing",
                "Ignored environment file variable A: override from --env",
            ],
            warnings);
    }

    [Theory]
    [InlineData("A=b=c", "A", "b=c")]
    [InlineData("A=", "A", "")]
    [InlineData("A", null, null)]
    [InlineData("=x", null, null)]
    public void A_variable_is_split_at_its_first_equals_sign(string text, string? name, string? value)
    {
        EnvironmentVariable? variable = EnvironmentVariable.Parse(text);

        Assert.Equal((name, value), (variable?.Name, variable?.Value));
    }

    internal static List<EnvironmentVariable> Variables(params IEnumerable<string> texts) =>
        [.. texts.Select(text => EnvironmentVariable.Parse(text)!.Value)];

    internal static List<string> Texts(IEnumerable<EnvironmentVariable> variables) =>
        [.. variables.Select(variable => variable.ToString())];

    private static HostEnvironmentResult Decide(
        string[] host, bool clean = false, string[]? withheld = null, string[]? user = null) => HostEnvironment.Decide(new()
        {
            Host = Variables(host),
            User = Variables(user ?? []),
            CleanEnvironment = clean,
            Withheld = withheld ?? [],
            Home = "/home/me",
        });
}

using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Variables;

/// <summary>`--env`, `--env-file`, `--no-env`, `--no-eval`, and the prefixes.</summary>
public class OptionTests
{
    private static Result Value(Caller caller, params string[] options)
        => caller.Run(["exec", .. options, Images.Directory, "printenv", "X"]);

    [Theory]
    [InlineData("--env", "X=value", "value")]
    [InlineData("--env", "Y=1,X=value,Z=2", "value")]
    [InlineData("--env", "X=", "")]
    [InlineData("--env", "X=a=b", "a=b")]
    [InlineData("--env", "X=a b", "a b")]
    public void Env_sets_a_variable(string option, string text, string value)
        => Value(As.User, option, text).Prints(value);

    [Fact]
    public void Env_repeats_and_the_last_wins()
        => Value(As.User, "--env", "X=1", "--env", "Y=2", "--env", "X=3").Prints("3");

    [Fact]
    public void A_value_may_be_any_bytes()
        => Assert.Equal("gr\u00FC\u00DF\n", As.User.With("X=gr\u00FC\u00DF").Run("exec", Images.Directory, "printenv", "X").Out);

    [Fact]
    public void Values_with_quotes_newlines_and_dollars_of_the_host_come_through()
    {
        foreach (string value in (string[])["it's", "\"q\"", "a\nb", "$HOME `id` $(id)", "\\n", " lead and trail "])
        {
            Value(As.User.With($"X={value}")).Prints(value);
        }
    }

    [Fact]
    public void A_prefixed_value_is_evaluated_once()
    {
        Value(As.User.With("APPTAINERENV_X=${HOME##*/}-$((1+2))")).Prints($"{TestUser.First.Name}-3");
        Value(As.User.With("APPTAINERENV_X=\\$NOT")).Prints("$NOT");
        Value(As.User, "--env", "X=$HOME/x").Prints($"{TestUser.First.Home}/x");
    }

    [Fact]
    public void No_eval_takes_values_as_they_are()
    {
        Value(As.User.With("APPTAINERENV_X=$HOME"), "--no-eval").Prints("$HOME");
        Value(As.User.With("APPTAINER_NO_EVAL=1"), "--env", "X=$(echo no)").Prints("$(echo no)");
    }

    [Fact]
    public void The_first_prefix_wins_over_the_second_and_that_over_the_third()
    {
        Value(As.User.With("SINGULARITYENV_X=s")).Prints("s");
        Assert.Equal("a", Value(As.User.With("SINGULARITYENV_X=s", "APPTAINERENV_X=a")).Succeeds().Line);
        Assert.Equal("k", Value(As.User.With("SINGULARITYENV_X=s", "APPTAINERENV_X=a", "KERRENV_X=k")).Succeeds().Line);
    }

    [Fact]
    public void A_leading_underscore_is_part_of_the_name()
        => As.User.With("APPTAINERENV__CONDOR_X=1").Run("exec", Images.Directory, "printenv", "_CONDOR_X").Prints("1");

    [Fact]
    public void The_order_of_precedence_is_option_file_prefix_old_prefix_image_host()
    {
        ImageTree image = Images.New().Script("/.singularity.d/env/90-environment.sh", "export X=image\n");
        string file = Host.Write($"{Host.Directory()}/env", "X=file\n");
        string Of(Caller caller, params string[] options) => caller.Run(["exec", .. options, image.Path, "printenv", "X"]).Succeeds().Line;

        Assert.Equal("image", Of(As.User.With("X=host")));
        Assert.Equal("old", Of(As.User.With("X=host", "SINGULARITYENV_X=old")));
        Assert.Equal("new", Of(As.User.With("X=host", "SINGULARITYENV_X=old", "APPTAINERENV_X=new")));
        Assert.Equal("file", Of(As.User.With("X=host", "APPTAINERENV_X=new"), "--env-file", file));
        Assert.Equal("option", Of(As.User.With("X=host", "APPTAINERENV_X=new"), "--env-file", file, "--env", "X=option"));
    }

    [Fact]
    public void Env_wins_over_a_file_with_a_warning()
    {
        string file = Host.Write($"{Host.Directory()}/env", "X=file\n");
        Value(As.User, "--env", "X=option", "--env-file", file).Warns("Ignored environment file variable X: override from --env");
    }

    [Fact]
    public void An_environment_file_is_shell_syntax()
    {
        string file = Host.Write($"{Host.Directory()}/env", """
            # a comment
            A=one
            export B="two $A"
            C='\$A'
            if [ -n "$MINE" ]; then X="$B of $MINE, image ${APPTAINER_IMAGE##*/}, first argument $1"; fi

            """);
        As.User.With("MINE=mine").Run("exec", "--env-file", file, Images.Directory, "printenv", "C", "X")
            .Prints($"$A\ntwo one of mine, image {System.IO.Path.GetFileName(Images.Directory)}, first argument printenv");
    }

    [Fact]
    public void Of_several_files_the_later_wins()
    {
        string first = Host.Write($"{Host.Directory()}/1", "X=1\nY=1\n"), second = Host.Write($"{Host.Directory()}/2", "X=2\n");
        As.User.Run("exec", "--env-file", $"{first},{second}", Images.Directory, "printenv", "X", "Y").Prints("2\n1");
        As.User.Run("exec", "--env-file", first, "--env-file", second, Images.Directory, "printenv", "X", "Y").Prints("2\n1");
    }

    [Theory]
    [InlineData("X=$(id)\n", "execution is disabled")]
    [InlineData("id\n", "execution is disabled")]
    [InlineData("X=1 > /tmp/kerr-env-file\n", "file feature is disabled")]
    public void An_environment_file_runs_nothing_and_writes_nothing(string content, string message)
    {
        string file = Host.Write($"{Host.Directory()}/env", content);
        Value(As.User, "--env-file", file).Ends(255).Warns(message);
        Assert.False(System.IO.File.Exists("/tmp/kerr-env-file"));
    }

    [Fact]
    public void A_file_that_is_not_there_is_said()
        => Value(As.User, "--env-file", "/no/such").IsFatal("environment file /no/such cannot be read");

    [Fact]
    public void No_env_keeps_a_variable_out_but_not_its_prefixed_form()
    {
        Value(As.User.With("X=host"), "--no-env", "X").Ends(1);
        Value(As.User.With("X=host", "Y=2"), "--no-env", "Y,X").Ends(1);
        Value(As.User.With("X=host", "APPTAINERENV_X=forced"), "--no-env", "X").Prints("forced");
        Value(As.User.With("X=host", "APPTAINER_NOENV=X")).Ends(1);
    }

    [Fact]
    public void The_hosts_path_and_libraries_stay_outside()
    {
        Caller user = As.User.With("PATH=/host/bin:/bin:/usr/bin", "LD_LIBRARY_PATH=/host/lib");
        user.Run("exec", Images.Directory, "sh", "-c", "echo $PATH; echo \"[$LD_LIBRARY_PATH]\"; echo $USER_PATH").Shows(Caller.DefaultPath + "\n[").Shows("/host/bin:/bin:/usr/bin");
        user.Run("exec", Images.Directory, "sh", "-c", "echo \"[$LD_LIBRARY_PATH]\"").Hides("/host/lib");
    }

    [Fact]
    public void The_path_can_be_set_and_added_to()
    {
        As.User.With("APPTAINERENV_PREPEND_PATH=/first").Run("exec", Images.Directory, "printenv", "PATH").Prints("/first:" + Caller.DefaultPath);
        As.User.With("APPTAINERENV_APPEND_PATH=/last").Run("exec", Images.Directory, "printenv", "PATH").Prints(Caller.DefaultPath + ":/last");
        As.User.With("APPTAINERENV_PATH=/only:/bin").Run("exec", Images.Directory, "printenv", "PATH").Prints("/only:/bin");
    }

    [Fact]
    public void The_home_variable_cannot_be_overridden()
    {
        Result result = As.User.With("APPTAINERENV_HOME=/elsewhere").Run("exec", Images.Directory, "printenv", "HOME").Succeeds();
        Assert.Equal(TestUser.First.Home, result.Line);
        result.Warns("HOME");
    }

    [Fact]
    public void Settings_of_the_runtime_stay_outside()
    {
        string[] inside = As.User.With("APPTAINER_DEBUG=0", "APPTAINER_CACHEDIR=/c", "SINGULARITY_FROB=1", "KERR_FROB=1").Run("exec", Images.Directory, "env").Succeeds().Lines;
        Assert.DoesNotContain(inside, static line => line.Contains("CACHEDIR", StringComparison.Ordinal) || line.Contains("FROB", StringComparison.Ordinal) || line.Contains("_DEBUG", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("CONTAINER")]
    [InlineData("NAME")]
    [InlineData("COMMAND")]
    [InlineData("BIND")]
    [InlineData("ENVIRONMENT")]
    public void The_runtime_tells_about_itself_under_both_names(string name)
    {
        string image = Images.Directory;
        string expected = name switch
        {
            "CONTAINER" => image,
            "NAME" => System.IO.Path.GetFileName(image),
            "COMMAND" => "exec",
            "BIND" => "/mnt",
            _ => "/.singularity.d/env/91-environment.sh",
        };
        As.User.Run("exec", "-B", "/etc:/mnt", image, "printenv", $"APPTAINER_{name}", $"SINGULARITY_{name}").Prints($"{expected}\n{expected}");
    }

    [Fact]
    public void Names_that_no_shell_takes_come_through()
    {
        As.User.With("BASH_FUNC_f%%=() { echo x; }", "a.b=dot").Run("exec", Images.Directory, "env").Shows("\na.b=dot\n").Shows("BASH_FUNC_f%%=() { echo x; }");
    }
}

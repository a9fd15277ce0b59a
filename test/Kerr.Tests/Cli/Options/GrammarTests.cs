using Kerr.Cli.Commands;
using Kerr.Cli.Commands.Actions;
using Kerr.Cli.Options;
using Kerr.Cli.Options.Actions;
using Xunit;

namespace Kerr.Tests.Cli.Options;

public class GrammarTests
{
    [Fact]
    public void Options_after_the_image_belong_to_the_command()
    {
        Invocation invocation = CommandLines.Parse(["exec", "-C", "image.sif", "ls", "-l", "--bind", "--help"]);

        Assert.Equal(["image.sif", "ls", "-l", "--bind", "--help"], invocation.Arguments);
        Assert.False(invocation.HelpWanted);
    }

    [Theory]
    [InlineData(new[] { "exec", "--", "-image", "true" }, "-image")]   // everything after it is an argument
    [InlineData(new[] { "exec", "-C", "--", "--pid", "true" }, "--pid")]
    [InlineData(new[] { "exec", "-", "true" }, "-")]                   // a lone dash is an argument
    [InlineData(new[] { "exec", "", "true" }, "")]                     // and so is nothing at all
    public void Two_dashes_end_the_options(string[] arguments, string image)
        => Assert.Equal(image, CommandLines.Parse(arguments).Arguments[0]);

    [Fact]
    public void Two_dashes_after_the_image_stay_in_the_command()
        => Assert.Equal(["image.sif", "--", "true"], CommandLines.Parse(["exec", "image.sif", "--", "true"]).Arguments);

    [Theory]
    [InlineData("--bind", "/a:/b")]
    [InlineData("--bind=/a:/b", null)]
    [InlineData("-B", "/a:/b")]
    [InlineData("-B/a:/b", null)]
    [InlineData("-B=/a:/b", null)]
    [InlineData("-CB/a:/b", null)]      // in a cluster, the value is the rest
    [InlineData("-CB", "/a:/b")]        // or the next argument
    public void A_value_can_be_given_in_each_form(string first, string? second)
        => Assert.Equal(["/a:/b"], CommandLines.Exec(second is null ? [first] : [first, second]).Binds);

    [Fact]
    public void A_value_may_look_like_an_option_or_be_empty()
    {
        Assert.Equal(["-C"], CommandLines.Exec(["--bind", "-C"]).Binds);
        Assert.Equal([""], CommandLines.Exec(["--bind="]).Binds);
        Assert.Equal("a=b=c", CommandLines.Exec(["--hostname=a=b=c"]).Hostname);
    }

    [Fact]
    public void Short_flags_cluster()
    {
        ActionOptions options = CommandLines.Exec(["-eCipu"]);

        Assert.True(options.CleanEnv && options.ContainAll && options.Ipc && options.Pid && options.UserNamespace);
        Assert.False(options.Net);
    }

    [Theory]
    [InlineData("--contain=false", false)]
    [InlineData("--contain=0", false)]
    [InlineData("-c=F", false)]
    [InlineData("--contain=true", true)]
    [InlineData("--contain=T", true)]
    public void A_flag_takes_a_value_after_an_equals_sign_only(string flag, bool expected)
        => Assert.Equal(expected, CommandLines.Exec([flag]).Contain);

    [Fact]
    public void The_last_value_counts_where_there_is_one()
    {
        Assert.Equal("b", CommandLines.Exec(["--hostname", "a", "--hostname", "b"]).Hostname);
        Assert.False(CommandLines.Exec(["--contain", "--contain=false"]).Contain);
    }

    [Fact]
    public void Lists_split_at_commas_and_add_up_but_binds_do_not_split()
    {
        ActionOptions options = CommandLines.Exec(
            ["--no-mount", "tmp,home", "--no-mount", "\"a,b\"", "-B", "/a,/b", "-B", "/c\\,d"]);

        Assert.Equal(["tmp", "home", "a,b"], options.NoMount);
        Assert.Equal(["/a,/b", "/c\\,d"], options.Binds);
    }

    [Fact]
    public void Environment_pairs_keep_commas_of_a_single_pair()
    {
        ActionOptions options = CommandLines.Exec(["--env", "PATHS=/a,/b", "--env", "A=1,B=2", "--env", "A=3"]);

        Assert.Equal([new("PATHS", "/a,/b"), new("A", "3"), new("B", "2")], options.Env);
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_pass_through()
        => Assert.Equal(["/d\u00e4\u00ff:/x\u0085"], CommandLines.Exec(["-B", "/d\u00e4\u00ff:/x\u0085"]).Binds);

    [Theory]
    [InlineData("-q", "exec", "i", "c")]
    [InlineData("exec", "-q", "i", "c")]
    [InlineData("exec", "-Cq", "i", "c")]
    [InlineData("--quiet=true", "exec", "i", "c")]
    public void Global_options_stand_before_the_command_or_among_its_own(params string[] arguments)
        => Assert.True(CommandLines.Parse(arguments).Values.Flag(GlobalOptions.Quiet));

    [Fact]
    public void A_command_has_its_own_letters_first()
    {
        Invocation shell = CommandLines.Parse(["-s", "-c", "file.conf", "shell", "-s", "/bin/zsh", "-c", "i"]);

        Assert.Equal("/bin/zsh", shell.Values.Text(PayloadOptions.Shell));
        Assert.True(shell.Values.Flag(IsolationOptions.Contain));
        Assert.True(shell.Values.Flag(GlobalOptions.Silent));
        Assert.Equal("file.conf", shell.Values.Text(GlobalOptions.Config));
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("-h")]
    [InlineData("--help")]
    public void Options_of_the_program_need_no_command(string option)
        => Assert.Equal("", CommandLines.Parse([option]).Path);

    [Theory]
    [InlineData(new[] { "exec", "-h" }, "exec")]
    [InlineData(new[] { "exec", "-Ch", "image.sif" }, "exec")]
    [InlineData(new[] { "config", "--help" }, "config")]
    [InlineData(new[] { "config", "global", "--help" }, "config global")]
    [InlineData(new[] { "--help", "exec" }, "exec")]
    public void Help_is_asked_for_at_any_place_without_arguments(string[] arguments, string path)
    {
        Invocation invocation = CommandLines.Parse(arguments);

        Assert.True(invocation.HelpWanted);
        Assert.Equal(path, invocation.Path);
    }

    [Fact]
    public void A_command_line_inside_another_has_the_outer_ones_global_options()
    {
        Invocation outer = CommandLines.Parse(["-c", "site.conf", "explain", "--json", "exec", "-C", "i", "c"], "SINGULARITY_QUIET=1");
        Invocation inner = CommandLineParser.Parse(outer.Arguments, outer.Program, outer.Environment, outer.Values);

        Assert.Equal("exec", inner.Path);
        Assert.Equal("site.conf", inner.Values.Text(GlobalOptions.Config));
        Assert.True(inner.Values.Flag(IsolationOptions.ContainAll));
        Assert.Empty(inner.Notes);
    }
}

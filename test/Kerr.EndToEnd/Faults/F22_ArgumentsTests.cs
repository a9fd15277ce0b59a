using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F22: arguments and variables arrive byte by byte, however many and of whatever bytes; or it is told that they are too long.</summary>
public class F22_ArgumentsTests
{
    private const int LongestString = (128 << 10) - 1;

    [Fact]
    public void Every_byte_arrives_in_arguments()
    {
        string all = string.Concat(Enumerable.Range(1, 255).Select(static value => (char)value));
        string[] arguments = ["", " ", "-x", "--", all, "a\nb", "$HOME `id` \\ \" '", new('\u00FF', 1000), "last"];
        foreach (string image in (string[])[Plain, Scripted])
        {
            Assert.Equal(arguments, Run(As.User, image, arguments).Arguments);
        }
    }

    [Fact]
    public void An_argument_of_128_KiB_arrives()
    {
        string[] arguments = [new('a', LongestString), new('b', LongestString)];
        foreach (string image in (string[])[Plain, Scripted])
        {
            Assert.Equal(arguments, Run(As.User, image, arguments).Arguments);
        }
    }

    [Fact]
    public void Many_arguments_arrive()
    {
        // 1.8 MiB with pointers: the kernel allows 2 MiB, and some is for what is set inside.
        string[] arguments = [.. Enumerable.Range(0, 90_000).Select(static i => i.ToString("D10", CultureInfo.InvariantCulture))];
        Assert.Equal(arguments, Run(As.User, Plain, arguments).Arguments);
    }

    [Fact]
    public void What_only_just_started_kerr_arrives_or_is_told_to_be_too_long()
    {
        int refused = 0;
        for (int count = 12; count <= 16; count++)
        {
            string[] arguments = [.. Enumerable.Repeat(new string('x', LongestString), count - 1), new('x', 100_000)];
            Caller caller = As.User.WithOnly("PATH=/bin:/usr/bin");
            Result result;
            try
            {
                result = caller.Run(["exec", "-B", $"{Programs.Bytes}:/bytes", Images.Directory, "/bytes", .. arguments]);
            }
            catch (Xunit.Sdk.TrueException)
            {
                break;      // already kerr, or setpriv before it, could not be started
            }

            if (result.ExitCode is 126 or 127)
            {
                break;
            }

            if (result.ExitCode == 0)
            {
                Assert.Equal(arguments, Split(result.Out).Arguments);
            }
            else
            {
                result.IsFatal("rgument").Warns("too long");
                refused++;
            }
        }

        Assert.InRange(refused, 0, 2);
    }

    [Fact]
    public void Ten_thousand_variables_arrive()
    {
        string[] variables = [.. Enumerable.Range(0, 10_000).Select(static i => $"V{i:D5}=value {i}")];
        foreach (string image in (string[])[Plain, Scripted])
        {
            List<string> inside = Run(As.User.With("A=1") with { Environment = [$"PATH={Caller.DefaultPath}", .. variables] }, image).Variables;
            Assert.Empty(variables.Except(inside));
        }
    }

    public static TheoryData<string> OddVariables => new(
        "VALUE=a=b==", "LINES_OF=one\ntwo\n", "EMPTY=", "BYTES=\u00FF\u0080\u0001\u001B[0m", "UTF=\u00C3\u00A9", "lower.dot=1", "dash-ed=1", "1digit=1",
        "with space=1", "quote'\"=1", "\u00C3\u00A9=1", "\u00FF=1", "function()=() { echo; }", "BASH_FUNC_module%%=() {  eval `/usr/bin/modulecmd bash $*`\n}",
        "glob*[a]=1", "$(id)=1", "new\nline=1", "back\\slash=$x`y`");

    [Theory]
    [MemberData(nameof(OddVariables))]
    public void A_variable_of_any_name_and_value_arrives(string variable)
    {
        Assert.Contains(variable, Run(As.User.With(variable), Plain).Variables);
        Assert.Contains("SET_BY_SCRIPT=1", Run(As.User.With(variable), Scripted).Variables);
        Assert.Contains(variable, Run(As.User.With(variable), Scripted).Variables);
    }

    [Fact]
    public void Of_two_variables_of_one_name_one_arrives()
    {
        List<string> inside = Run(As.User with { Environment = [.. As.User.Environment, "TWICE=1", "TWICE=2"] }, Plain).Variables;
        Assert.Single(inside, static variable => variable.StartsWith("TWICE=", StringComparison.Ordinal));
    }

    private static string Plain => Images.Directory;

    private static string Scripted => scripted ??= Images.New().Script("/.singularity.d/env/90-environment.sh", "export SET_BY_SCRIPT=1\n").Path;

    private static string? scripted;

    private static (List<string> Arguments, List<string> Variables) Run(Caller caller, string image, params string[] arguments)
        => Split(caller.Run(["exec", "-B", $"{Programs.Bytes}:/bytes", image, "/bytes", .. arguments]).Succeeds().Out);

    private static (List<string> Arguments, List<string> Variables) Split(string output)
    {
        var lists = new List<List<string>> { new(), new() };
        int list = 0;
        // An empty argument looks like the end of the list: the last zero before "NAME=" ends it, so count from the back.
        string[] parts = output.Split('\0');
        int end = Array.FindLastIndex(parts, parts.Length - 3, static part => part.Length == 0);
        for (int i = 0; i < parts.Length - 2; i++)
        {
            if (i == end)
            {
                list = 1;
                continue;
            }

            lists[list].Add(parts[i]);
        }

        return (lists[0], lists[1]);
    }
}

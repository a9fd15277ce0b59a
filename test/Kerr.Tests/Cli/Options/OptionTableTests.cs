using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using Kerr.Cli.Options;
using Kerr.Cli.Options.Actions;
using Xunit;

namespace Kerr.Tests.Cli.Options;

public class OptionTableTests
{
    public static TheoryData<string> Paths => [.. CommandLines.AllCommands().Select(command => command.Path)];

    [Theory]
    [InlineData(typeof(GlobalOptions))]
    [InlineData(typeof(MountOptions))]
    [InlineData(typeof(IsolationOptions))]
    [InlineData(typeof(PayloadOptions))]
    [InlineData(typeof(DeviceOptions))]
    [InlineData(typeof(LimitOptions))]
    [InlineData(typeof(ImageOptions))]
    [InlineData(typeof(BuildOptions))]
    [InlineData(typeof(ConfigGlobalOptions))]
    [InlineData(typeof(ExplainOptions))]
    public void Every_declared_option_is_in_its_table(Type table)
    {
        const BindingFlags Fields = BindingFlags.Static | BindingFlags.NonPublic;
        FieldInfo[] fields = table.GetFields(Fields);
        Option[] listed = (Option[])fields.Single(field => field.FieldType == typeof(Option[])).GetValue(null)!;
        IEnumerable<Option> declared = fields.Where(field => field.FieldType == typeof(Option)).Select(field => (Option)field.GetValue(null)!);

        Assert.Equal(declared.Where(option => option != GlobalOptions.Help).Order(ByName), listed.Order(ByName));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void No_two_options_of_a_command_have_one_name_letter_or_variable(string path)
    {
        Option[] options = Of(path);

        Assert.Equal(options.Length, options.Select(option => option.Name).Distinct().Count());
        Assert.Empty(Twice(options.Where(option => option.Letter != '\0').Select(option => option.Letter.ToString())));
        Assert.Empty(Twice(options.SelectMany(option => option.Keys)));
        Assert.DoesNotContain(options, option => option.Name == "help" || option.Letter == 'h');
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Descriptions_are_lower_case_without_a_full_stop(string path)
    {
        foreach (Option option in Of(path))
        {
            string firstWord = option.Help.Split(' ')[0];
            Assert.True(char.IsLower(option.Help[0]) || option.Help[0] == '-' || firstWord.Any(char.IsUpper), option.Name);
            Assert.False(option.Help.EndsWith('.'), option.Name);
            Assert.True(option.Help.All(char.IsAscii), option.Name);
        }
    }

    [Fact]
    public void Every_option_of_a_launch_is_in_the_page_on_compatibility_among_those_that_are_honoured_or_not()
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "compatibility.md"));
        int start = page.IndexOf("| honoured |", StringComparison.Ordinal), middle = page.IndexOf("| not honoured |", StringComparison.Ordinal);
        string honoured = page[start..middle], not = page[middle..page.IndexOf("## ", middle, StringComparison.Ordinal)];

        foreach (string path in (string[])["exec", "run", "shell", "test"])
        {
            foreach (Option option in Of(path).Where(option => option.Name is not ("sif-fuse" or "no-nv" or "no-rocm" or "nohttps")))
            {
                Assert.True((option.Support == OptionSupport.Full ? honoured : not).Contains($"`--{option.Name}`", StringComparison.Ordinal), option.Name);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Defaults_fit_the_kind(string path)
    {
        foreach (Option option in Of(path).Where(option => option.Kind == OptionKind.Number))
        {
            // Some have none: a number that must be given.
            Assert.True(option.Default.Length == 0 || ValueSyntax.TryNumber(option.Default, out _), option.Name);
        }
    }

    private static IComparer<Option> ByName => Comparer<Option>.Create((a, b) => string.CompareOrdinal(a.Name, b.Name));

    private static IEnumerable<string> Twice(IEnumerable<string> names)
        => names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key);

    private static Option[] Of(string path)
        => path.Length == 0 ? GlobalOptions.All : CommandLines.AllCommands().Single(command => command.Path == path).Command.Options();
}

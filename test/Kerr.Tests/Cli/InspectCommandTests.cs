using System;
using Kerr.Build.Inspection;
using Kerr.Cli.Commands;
using Xunit;

namespace Kerr.Tests.Cli;

public class InspectCommandTests
{
    [Theory]
    [InlineData("a: 1\nb: 2\n")]
    [InlineData("a: 1\nb: 2\n", "-l")]
    [InlineData("def\n", "-d")]
    [InlineData("run\n", "-r")]
    [InlineData("start\n", "-s")]
    [InlineData("test\n", "-t")]
    [InlineData("help\n", "-H")]
    [InlineData("=== /x ===\nX=1\n\n", "-e")]
    [InlineData("bye\nhello\n", "--list-apps")]
    [InlineData("run hello\n", "-r", "--app", "hello")]
    [InlineData("c: 3\n", "--app", "hello")]
    [InlineData("def\nrun hello\n", "-d", "-r", "--app", "hello")]   // an app has no definition file of its own
    [InlineData("", "-r", "--app", "none")]
    [InlineData("bye\nhello\ndef\nrun\nstart\ntest\nhelp\n=== /x ===\nX=1\n\na: 1\nb: 2\n", "-elHtsrd", "--list-apps")]
    public void The_sections_that_are_asked_for_are_printed_in_the_order_of_the_peers(string text, params string[] options)
    {
        (ImageAttributes chosen, string app, bool listApps) = Choose(options);

        Assert.Equal(text, InspectCommand.Plain(chosen, app, listApps));
    }

    [Theory]
    [InlineData("'attributes': {'labels': {'a': '1','b': '2'}}", "-j")]
    [InlineData("'attributes': {'apps': {'bye': {},'hello': {'labels': {'c': '3'},'runscript': 'run hello'}}}", "-j", "--list-apps")]
    [InlineData("'attributes': {'apps': {'hello': {'runscript': 'run hello'}}}", "-j", "-r", "--app", "hello")]
    [InlineData("'attributes': {}", "-j", "-r", "--app", "none")]
    public void JSON_has_the_same_sections(string json, params string[] options)
    {
        string text = AttributesJson.Of(Choose(options).Chosen).Replace("\n", "", StringComparison.Ordinal)
            .Replace("\t", "", StringComparison.Ordinal).Replace('"', '\'');

        Assert.Equal($"{{'data': {{{json}}},'type': 'container'}}", text);
    }

    private static (ImageAttributes Chosen, string App, bool ListApps) Choose(string[] options)
    {
        var all = new ImageAttributes
        { Deffile = "def", Runscript = "run", Startscript = "start", Test = "test", Helpfile = "help" };
        all.Labels["b"] = "2";
        all.Labels["a"] = "1";
        all.Environment["/x"] = "X=1";
        all.Apps["hello"] = new ImageAttributes { Runscript = "run hello" };
        all.Apps["hello"].Labels["c"] = "3";
        all.Apps["bye"] = new ImageAttributes();

        Invocation invocation = CommandLines.Parse(["inspect", .. options, "image.sif"]);
        string app = invocation.Values.Text(Kerr.Cli.Options.InspectOptions.App);
        return (InspectCommand.Choose(all, invocation.Values, app), app, invocation.Values.Flag(Kerr.Cli.Options.InspectOptions.ListApps));
    }
}

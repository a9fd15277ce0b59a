using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>
/// What kerr.conf forbids the starter refuses by itself: the plan comes from an attacker who did not ask the planner. The plan is made
/// while everything is allowed, and executed under the directive.
/// </summary>
public sealed partial class SetuidPolicyTests(SetuidTree tree) : IClassFixture<SetuidTree>
{
    [Theory]
    [InlineData("allow setuid = no", "allow setuid = no", "")]
    [InlineData("allow container dir = no", "images of this kind", "")]
    [InlineData("limit container owners = daemon", "certain owners", "")]
    [InlineData("limit container owners = 1", "certain owners", "")]
    [InlineData("limit container groups = daemon", "certain groups", "")]
    [InlineData("limit container paths = /nowhere", "certain directories", "")]
    [InlineData("user bind control = no", "bind nothing", "-B /opt:/mnt")]
    [InlineData("allow pid ns = no", "", "--pid")]
    [InlineData("allow ipc ns = no", "", "--ipc")]
    [InlineData("allow uts ns = no", "", "--uts")]
    [InlineData("allow setuid = maybe", "a value that its directive does not take, line ", "")]
    [InlineData("allow everything = yes", "a directive that is not known, line ", "")]
    [InlineData("limit container owners = nobody-of-that-name", "names a user or group that is not", "")]
    public void A_directive_holds_against_a_plan_made_without_it(string directive, string message, string options)
    {
        tree.Configure();
        string plan = tree.Plan(["exec", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), Images.Directory, "/bin/echo", "ran"]);
        Start(plan).Prints("ran");

        tree.Configure(directive);

        Result refused = Start(plan).Ends(255);
        Assert.Equal("", refused.Out);
        refused.IsFatal(message);
    }

    [Theory]
    [InlineData("limit container owners = root")]
    [InlineData("limit container owners = daemon, root")]
    [InlineData("limit container groups = 0")]
    [InlineData("limit container paths = /nowhere, //tmp/")]
    [InlineData("user bind control = no")]
    [InlineData("# allow setuid = no")]
    [InlineData("   allow setuid   =   yes  ")]
    public void A_directive_lets_through_what_it_names(string directive)
    {
        tree.Configure();
        string plan = tree.Plan("exec", Images.Directory, "/bin/echo", "ran");
        File.AppendAllText(tree.Configuration, directive.Contains('#', StringComparison.Ordinal) || directive.StartsWith(' ') ? directive + "\n" : "");
        if (!directive.Contains('#', StringComparison.Ordinal) && !directive.StartsWith(' '))
        {
            tree.Configure(directive);
        }

        Start(plan).Prints("ran");
    }

    [Theory]
    [InlineData("allow container sif = no")]
    [InlineData("limit container owners = daemon")]
    [InlineData("limit container paths = /nowhere")]
    public void Image_files_are_limited_as_directories_are(string directive)
    {
        tree.Configure();
        string image = SetuidLaunchTests.Copy(Images.Sif, tree.Images + "/limited.sif");
        tree.User.Run("exec", image, "/bin/echo", "ran").Prints("ran");

        tree.Configure(directive);

        Result refused = tree.User.Run("exec", image, "/bin/echo", "ran").Ends(255);
        Assert.Equal("", refused.Out);
    }

    /// <summary>The starter has its own list of names; one that it lacks would stop every launch.</summary>
    [Fact]
    public void Every_directive_there_is_is_known()
    {
        tree.Configure();
        string plan = tree.Plan("exec", Images.Directory, "/bin/echo", "ran");
        string source = File.ReadAllText(SetuidTree.Source + "/src/Kerr.Runtime/Configuration/Directives.cs");
        string[] names = [.. DirectiveName().Matches(source).Select(static match => match.Groups[1].Value)];
        Assert.InRange(names.Length, 60, 200);

        File.AppendAllText(tree.Configuration, string.Concat(names.Select(static name => name + " =\n")));

        Start(plan).Prints("ran");
    }

    [GeneratedRegex(@"Directive \w+ = new\(\s*""([^""]+)""")]
    private static partial Regex DirectiveName();

    private Result Start(string plan) => As.User.Named(Programs.Sealed).Run(plan, tree.Starter, "9", "--");
}

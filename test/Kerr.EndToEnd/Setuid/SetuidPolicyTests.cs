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

    /// <summary>Servers of the user's and the half that builds are there before kerr.conf is read: they end, and have nothing to say.</summary>
    [Theory]
    [InlineData("allow setuid = no", "allow setuid = no")]
    [InlineData("allow everything = yes", "a directive that is not known, line ")]
    [InlineData("limit container paths = /nowhere", "certain directories")]
    public void A_refusal_leaves_no_server_of_the_image(string directive, string message)
    {
        tree.Configure(directive);
        string image = SetuidLaunchTests.Copy(Images.Sif, Host.Directory(TestUser.First) + "/own.sif", TestUser.First);

        Result refused = tree.Forger.Run("exec", image, "/bin/echo", "ran").Ends(255);

        refused.IsFatal(message);
        Assert.Single(refused.Err.Split('\n'), static line => line.StartsWith("FATAL", StringComparison.Ordinal));
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

    /// <summary>As Apptainer has it: layers and data are images, too. The image itself is one that root provides; what comes with it is the user's.</summary>
    [Theory]
    [InlineData("directory", "limit container owners = root", "certain owners")]
    [InlineData("directory with upper", "limit container owners = root", "certain owners")]
    [InlineData("directory", "limit container groups = root", "certain groups")]
    [InlineData("directory with upper", "limit container paths = PREFIX", "certain directories")]
    [InlineData("directory", "allow container dir = no", "images of this kind")]
    [InlineData("squashfs", "limit container owners = root", "certain owners")]
    [InlineData("squashfs", "limit container paths = PREFIX", "certain directories")]
    [InlineData("squashfs", "allow container squashfs = no", "images of this kind")]
    [InlineData("ext3", "limit container groups = root", "certain groups")]
    [InlineData("ext3", "allow container extfs = no", "images of this kind")]
    [InlineData("data", "limit container owners = root", "certain owners")]
    [InlineData("data", "allow container squashfs = no", "images of this kind")]
    public void Layers_and_data_are_limited_as_the_image_is(string kind, string directive, string message)
    {
        const string Allowed = "allow setuid-mount squashfs = yes";
        directive = directive.Replace("PREFIX", tree.Prefix, StringComparison.Ordinal);
        tree.Configure(Allowed);
        string image = SetuidLaunchTests.Copy(Images.Sif, tree.Images + "/of-root.sif");
        string[] command = ["exec", .. Layer(kind), image, "/bin/cat", "/etc/layer"];
        tree.Forger.Run(command).Prints("of the layer");
        tree.User.Run(command).Prints("of the layer");

        tree.Configure(Allowed, directive);

        Result refused = tree.Forger.Run(command).Ends(255);
        Assert.Equal("", refused.Out);
        refused.Warns(message);
        string name = $"`{directive[..directive.IndexOf(" =", StringComparison.Ordinal)]} =";
        tree.User.Run(command).IsFatal(name);
        tree.User.Run([command[0], "--userns", .. command[1..]]).IsFatal(name);
    }

    /// <summary>Layers that root provides; the second directory counts from its upper on, whoever owns that, as under Apptainer.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("--userns")]
    public void Layers_that_are_allowed_are_merged(string mode)
    {
        tree.Configure("limit container paths = " + tree.Prefix, "limit container owners = root", "user bind control = no");
        string image = SetuidLaunchTests.Copy(Images.Sif, tree.Images + "/of-root.sif"), layers = tree.Images + "/layers";
        Host.Write(layers + "/plain/etc/plain", "plain\n");
        Host.Write(layers + "/kept/upper/etc/layer", "of the layer\n");
        Host.Run("chown", "-R", TestUser.First.Name, layers + "/kept/upper");
        string squashFs = SetuidLaunchTests.Copy(new ImageTree().File("/etc/third", "third\n").SquashFs(), layers + "/third.squashfs");
        string ext3 = layers + "/fourth.ext3", content = new ImageTree().File("/upper/etc/fourth", "fourth\n").Directory("/work").Path;
        Host.Run("truncate", "-s", "8M", ext3);
        Host.Run("mke2fs", "-q", "-t", "ext3", "-d", content, ext3);
        File.SetUnixFileMode(ext3, Modes.Readable);
        string[] options = mode.Length == 0 ? [] : [mode];
        Result result = tree.User.Run(["--verbose", "exec", .. options, "--overlay", squashFs + ":ro", "--overlay", ext3 + ":ro", "--overlay", layers + "/plain:ro", "--overlay", layers + "/kept:ro",
            image, "/bin/sh", "-c", "cat /etc/plain /etc/layer /etc/third /etc/fourth; ls -d /upper"]);
        Assert.Equal("plain\nof the layer\nthird\nfourth\n", result.Out);
        Assert.Contains(mode.Length == 0 ? "Using the setuid starter" : "Using a user namespace", result.Err, StringComparison.Ordinal);
        Host.Run("rm", "-r", layers);
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

    /// <summary>Options that bring something of the user's, in which /etc/layer is.</summary>
    private static string[] Layer(string kind)
    {
        ImageTree content = new ImageTree().File((kind is "directory with upper" or "ext3" ? "/upper" : "") + "/etc/layer", "of the layer\n").OwnedBy(TestUser.First);
        string path = content.Path;
        switch (kind)
        {
            case "squashfs" or "data":
                path = Host.Own(content.SquashFs(), TestUser.First);
                return kind == "data" ? ["-B", $"{path}:/etc/layer:image-src=/etc/layer"] : ["--overlay", path + ":ro"];
            case "ext3":
                path = Host.Directory() + "/layer.ext3";
                Host.Run("truncate", "-s", "8M", path);
                Host.Run("mke2fs", "-q", "-t", "ext3", "-d", content.Path, path);
                return ["--overlay", Host.Own(path, TestUser.First) + ":ro"];
            default:
                return ["--overlay", path + ":ro"];
        }
    }

    private Result Start(string plan) => As.User.Named(Programs.Sealed).Run(plan, tree.Starter, "9", "--");
}

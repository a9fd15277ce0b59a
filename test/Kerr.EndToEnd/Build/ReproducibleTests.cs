using System;
using System.IO;
using System.Threading;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Build;

/// <summary>The same definition gives the same bytes.</summary>
public class ReproducibleTests
{
    private const string Text = "%files\n given /opt/given\n%post\n mkdir /opt/d\n for i in 1 2 3; do echo $i > /opt/d/$i; done\n ln /opt/d/1 /opt/d/hard\n rm /etc/os-release\n%labels\n a b\n";

    [Fact]
    public void At_another_time_by_another_user_and_by_root()
    {
        byte[] first = Bytes(Builder.Single, As.User);
        Thread.Sleep(1100);     // another second, which times of files would show

        Assert.Equal(first, Bytes(Builder.Single, As.OtherUser));
        Assert.Equal(first, Bytes(Builder.Root, As.Root));
        Assert.Equal(first, Bytes(Builder.Range, As.User));
    }

    [Fact]
    public void An_image_of_layers_at_another_time_by_another_user_and_by_root()
    {
        using var registry = new Registry.LocalRegistry();
        registry.Put("tool", "1");
        byte[]? first = null;
        foreach (Caller caller in (Caller[])[As.User, As.OtherUser, As.Root])
        {
            Caller fresh = caller.In(Host.Directory(caller.User));
            fresh.With($"HOME={fresh.WorkingDirectory}").Run("build", "--disable-cache", "x.sif", $"docker://{registry.Host}/tool:1").Succeeds();
            first ??= File.ReadAllBytes($"{fresh.WorkingDirectory}/x.sif");
            Assert.Equal(first, File.ReadAllBytes($"{fresh.WorkingDirectory}/x.sif"));
            Thread.Sleep(1100);     // another second, which times of files and objects would show
        }
    }

    /// <summary>Another clock, time zone, language and mask for new files, another place, and another user.</summary>
    [Fact]
    public void In_other_circumstances()
    {
        using var registry = new Registry.LocalRegistry();
        registry.Put("tool", "1");
        Kerr.Tests.Need.Program("faketime");
        byte[]? definition = null, layers = null;
        foreach ((Caller caller, string[] clock) in ((Caller, string[])[])[(As.User, []), (As.OtherUser, ["/usr/bin/faketime", "-f", "+1000d"]), (As.User, ["/usr/bin/faketime", "-f", "-2000d"])])
        {
            bool other = clock.Length > 0;
            Caller changed = other ? caller.With("TZ=Pacific/Kiritimati", "LC_ALL=C.UTF-8", "LANGUAGE=de").Under(["/bin/sh", "-c", "umask 077; exec \"$@\"", "sh", .. clock]) : caller;
            string year = changed.Named("/bin/date").Run("+%Y").Succeeds().Line;
            Assert.Equal(other, year != DateTime.UtcNow.ToString("yyyy", System.Globalization.CultureInfo.InvariantCulture));

            byte[] bytes = Bytes(Builder.Single, changed);
            definition ??= bytes;
            Assert.Equal(definition, bytes);

            Caller fresh = changed.In(Host.Directory(caller.User));
            fresh.With($"HOME={fresh.WorkingDirectory}").Run("build", "--disable-cache", "x.sif", $"docker://{registry.Host}/tool:1").Succeeds();
            bytes = File.ReadAllBytes($"{fresh.WorkingDirectory}/x.sif");
            layers ??= bytes;
            Assert.Equal(layers, bytes);
        }
    }

    [Fact]
    public void Whether_its_sections_ran_or_their_results_were_kept()
    {
        var definition = new Definition(Builder.Single, Text).File("given", "x");
        definition.Build().Succeeds();
        byte[] first = File.ReadAllBytes(definition.Target);
        definition.Build().Succeeds();
        Assert.Equal(first, File.ReadAllBytes(definition.Target));
        definition.Build("--no-cache").Succeeds();
        Assert.Equal(first, File.ReadAllBytes(definition.Target));
    }

    [Fact]
    public void The_time_is_that_of_SOURCE_DATE_EPOCH_where_it_is_set()
    {
        var definition = new Definition(Builder.Single, Text).File("given", "x");
        definition.Caller.With("SOURCE_DATE_EPOCH=1000000000").Run("build", "--ignore-subuid", "image.sif", "image.def").Succeeds();
        definition.Caller.Run("inspect", "image.sif").Shows("build-date: Sunday_9_September_2001_1:46:40_UTC");
        definition.Shell("stat -c %Y /opt/given").Prints("1000000000");
    }

    [Theory]
    [InlineData("%post\n echo 1 > /opt/f\n", "yes")]
    [InlineData("%post\n date > /opt/f\n", "no: %post runs date")]
    [InlineData("%post\n true || apt-get install hello\n", "no: %post runs apt-get")]
    [InlineData("%post\n /bin/busybox true\n", "unknown: %post runs busybox")]
    public void Inspect_says_whether_the_promise_holds(string text, string verdict)
    {
        var definition = new Definition(Builder.Single, text);
        definition.Build().Succeeds();
        definition.Caller.Run("inspect", "image.sif").Shows("org.kerr.reproducible: " + verdict + "\n");
    }

    [Fact]
    public void Owners_of_the_base_are_the_same_for_those_who_have_no_such_ids()
    {
        ImageTree tree = Images.New().File("/etc/own ed", "x").File("/etc/root", "x");
        Host.Run("chown", "7:8", tree.Path + "/etc/own ed");
        Host.Run("chown", "9:9", tree.Path + "/srv");
        string image = tree.Sif();
        byte[]? first = null;
        foreach (Builder builder in (Builder[])[Builder.Root, Builder.Single, Builder.Range])
        {
            var definition = new Definition(builder, "%post\n echo changed >> '/etc/own ed'\n", image);
            definition.Build().Succeeds();
            As.Root.In(definition.Directory).Run("exec", "image.sif", "stat", "-c", "%u:%g", "/etc/own ed", "/srv", "/etc/root").Prints("7:8\n9:9\n0:0");
            first ??= File.ReadAllBytes(definition.Target);
            Assert.Equal(first, File.ReadAllBytes(definition.Target));
        }
    }

    private static byte[] Bytes(Builder builder, Caller caller)
    {
        Definition definition = new Definition(builder, Text, by: caller).File("given", "x");
        definition.Build().Succeeds();
        return File.ReadAllBytes(definition.Target);
    }
}

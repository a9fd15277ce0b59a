using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using Kerr.Runtime.Configuration;
using Xunit;

namespace Kerr.Tests.Runtime.Configuration;

public class DirectiveTests
{
    // What the peers' files hold, and what counts when they do not.
    [Theory]
    [InlineData("allow setuid", "yes")]
    [InlineData("max loop devices", "256")]
    [InlineData("allow pid ns", "yes")]
    [InlineData("allow ipc ns", "yes")]
    [InlineData("allow user ns", "yes")]
    [InlineData("allow uts ns", "yes")]
    [InlineData("config passwd", "yes")]
    [InlineData("config group", "yes")]
    [InlineData("config resolv_conf", "yes")]
    [InlineData("mount proc", "yes")]
    [InlineData("mount sys", "yes")]
    [InlineData("mount dev", "yes")]
    [InlineData("mount devpts", "yes")]
    [InlineData("mount home", "yes")]
    [InlineData("mount tmp", "yes")]
    [InlineData("mount hostfs", "no")]
    [InlineData("bind path", "/etc/localtime,/etc/hosts")]
    [InlineData("user bind control", "yes")]
    [InlineData("enable fusemount", "yes")]
    [InlineData("enable overlay", "yes")]
    [InlineData("enable underlay", "yes")]
    [InlineData("mount slave", "yes")]
    [InlineData("sessiondir max size", "64")]
    [InlineData("memory fs type", "tmpfs")]
    [InlineData("limit container owners", "")]
    [InlineData("limit container groups", "")]
    [InlineData("limit container paths", "")]
    [InlineData("allow container sif", "yes")]
    [InlineData("allow container encrypted", "yes")]
    [InlineData("allow container squashfs", "yes")]
    [InlineData("allow container extfs", "yes")]
    [InlineData("allow container dir", "yes")]
    [InlineData("allow setuid-mount encrypted", "yes")]
    [InlineData("allow setuid-mount squashfs", "iflimited")]
    [InlineData("allow setuid-mount extfs", "no")]
    [InlineData("sync writable extfs", "no")]
    [InlineData("allow net users", "")]
    [InlineData("allow net groups", "")]
    [InlineData("allow net networks", "")]
    [InlineData("allow netns paths", "")]
    [InlineData("always use nv", "no")]
    [InlineData("always use rocm", "no")]
    [InlineData("use nvidia-container-cli", "no")]
    [InlineData("root default capabilities", "full")]
    [InlineData("cni configuration path", "")]
    [InlineData("cni plugin path", "")]
    [InlineData("binary path", "$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")]
    [InlineData("mksquashfs procs", "0")]
    [InlineData("mksquashfs mem", "")]
    [InlineData("image driver", "")]
    [InlineData("shared loop devices", "no")]
    [InlineData("download concurrency", "3")]
    [InlineData("download part size", "5242880")]
    [InlineData("download buffer size", "32768")]
    [InlineData("systemd cgroups", "yes")]
    [InlineData("apptheus communication socket path", "/run/apptheus/gateway.sock")]
    [InlineData("apptheus socket path", "/run/apptheus/gateway.sock")]
    [InlineData("allow monitoring", "no")]
    public void Names_and_defaults_are_those_of_the_peers(string name, string expected)
        => Assert.Equal(expected, DirectiveTable.Find(name)!.Default);

    [Theory]
    [InlineData("allow kernel squashfs")]
    [InlineData("allow kernel extfs")]
    [InlineData("cryptsetup path")]
    [InlineData("go path")]
    [InlineData("ldconfig path")]
    [InlineData("mksquashfs path")]
    [InlineData("nvidia-container-cli path")]
    [InlineData("unsquashfs path")]
    [InlineData("sif fuse")]
    [InlineData("oci mode")]
    [InlineData("tmp sandbox")]
    [InlineData("root search path")]
    [InlineData("user search path")]
    public void Directives_of_other_peers_are_accepted(string name)
        => Assert.NotNull(DirectiveTable.Find(name));

    [Fact]
    public void Every_declared_directive_is_in_the_table_once()
    {
        Directive[] declared = [.. typeof(Directives).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (Directive)field.GetValue(null)!)];
        Directive[] all = DirectiveTable.All.ToArray();

        Assert.Empty(declared.Except(all));
        Assert.Equal(all.Length, all.Select(directive => directive.Name).Distinct().Count());
        Assert.All(all.Except(declared), directive => Assert.NotNull(directive.Ignored));
    }

    [Fact]
    public void Every_default_is_allowed()
        => Assert.All(DirectiveTable.All.ToArray(), directive => Assert.Null(ConfigurationReader.Problem(directive, directive.Default)));

    // The property of a directive is its name in Pascal case, and gives its value: none is bound to another's.
    [Fact]
    public void Every_directive_has_a_property_that_gives_its_value()
    {
        foreach (Directive directive in DirectiveTable.All.ToArray().Where(directive => directive.Ignored is null && !directive.Name.StartsWith("allow kernel", StringComparison.Ordinal)))
        {
            string name = PropertyName(directive);
            PropertyInfo property = typeof(SiteConfiguration).GetProperty(name) ?? throw new InvalidOperationException(name);
            (string text, object expected) = Unusual(directive);

            Assert.Equal(expected, property.GetValue(Read($"{directive.Name} = {text}\n")));
            Assert.NotEqual(expected, property.GetValue(SiteConfiguration.Default));
        }
    }

    [Fact]
    public void The_installed_file_is_what_the_table_says()
        => Assert.Equal(ConfigurationWriter.Write(), File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "etc", "kerr.conf")));

    [Fact]
    public void The_installed_file_gives_the_defaults()
    {
        SiteConfiguration installed = Read(ConfigurationWriter.Write());

        Assert.All(DirectiveTable.All.ToArray(), directive => Assert.Equal(SiteConfiguration.Default.Value(directive), installed.Value(directive)));
        Assert.All(ConfigurationWriter.Write().Split('\n'), line => Assert.True(line.Length <= 79 || !line.StartsWith('#'), line));
    }

    private static SiteConfiguration Read(string text) => ConfigurationReader.Read("kerr.conf", Encoding.Latin1.GetBytes(text));

    private static (string Text, object Value) Unusual(Directive directive) => directive.Kind switch
    {
        DirectiveKind.YesNo => directive.Default == "yes" ? ("no", false) : ("yes", true),
        DirectiveKind.Choice => (directive.Allowed.First(word => word != directive.Default && word != "try"),
            directive.Allowed.First(word => word != directive.Default && word != "try")),
        DirectiveKind.Number => ("4711", 4711L),
        DirectiveKind.List => ("/a, /b", (object)new[] { "/a", "/b" }),
        _ => ("/some text", "/some text"),
    };

    private static string PropertyName(Directive directive) => directive.Name switch
    {
        "apptheus communication socket path" => "ApptheusSocketPath",
        "mount devpts" => "MountDevPts",
        _ => string.Concat(directive.Name.Split(' ', '-', '_').Select(word => char.ToUpperInvariant(word[0]) + word[1..])),
    };
}

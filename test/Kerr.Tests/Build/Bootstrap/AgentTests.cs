using System;
using Kerr.Build.Bootstrap;
using Kerr.Build.Definition;
using Kerr.Linux;
using Xunit;

namespace Kerr.Tests.Build.Bootstrap;

public sealed class AgentTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("deb http://mirror.example/debian bookworm main\n", "http://mirror.example/debian")]
    [InlineData("# deb http://no/debian x\ndeb [arch=amd64 signed-by=/k] http://mirror.example/ubuntu/ x main\n", "http://mirror.example/ubuntu/")]
    [InlineData("deb http://other.example/tools x main\ndeb http://mirror.example/debian x main\n", "http://mirror.example/debian")]
    [InlineData("deb http://other.example/tools x main\n", "http://other.example/tools")]
    [InlineData("deb-src http://mirror.example/debian x main\n", null)]
    [InlineData("", null)]
    public void The_mirror_is_the_hosts_own(string sources, string? mirror)
    {
        _directory.Write("sources.list", sources);
        Assert.Equal(mirror, DebootstrapAgent.HostMirror(_directory.Path));
    }

    [Fact]
    public void The_newer_form_of_sources_is_read_too()
    {
        _directory.Write("sources.list.d/tools.list", "deb http://other.example/tools x main\n");
        _directory.Write("sources.list.d/debian.sources", "Types: deb\nURIs: http://mirror.example/debian\nSuites: x\n");
        Assert.Equal("http://mirror.example/debian", DebootstrapAgent.HostMirror(_directory.Path));
    }

    [Fact]
    public void Repositories_have_the_version_filled_in()
    {
        string text = RpmAgent.Configuration(Stage("Bootstrap: yum\nOSVersion: 9\nMirrorURL: http://m/%{OSVERSION}/os\nUpdateURL: http://m/%{OSVERSION}/up\n"), null);
        Assert.Contains("[base]\nname=base\nbaseurl=http://m/9/os\nenabled=1\ngpgcheck=0\n", text, StringComparison.Ordinal);
        Assert.Contains("[updates]\nname=updates\nbaseurl=http://m/9/up\n", text, StringComparison.Ordinal);
        Assert.Contains("gpgcheck=1\ngpgkey=http://k\n", RpmAgent.Configuration(Stage("Bootstrap: yum\nMirrorURL: http://m\n"), "http://k"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Bootstrap: yum\n", "needs mirrorurl")]
    [InlineData("Bootstrap: yum\nMirrorURL: http://m/%{OSVERSION}\n", "there is no osversion")]
    public void What_a_header_lacks_is_named(string text, string message)
        => Assert.Contains(message, Assert.Throws<UserException>(() => RpmAgent.Configuration(Stage(text), null)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("yum", true)]
    [InlineData("dnf", true)]
    [InlineData("debootstrap", true)]
    [InlineData("docker", false)]
    public void Agents_are_found_by_their_names(string name, bool known) => Assert.Equal(known, BootstrapAgents.Find(name) is not null);

    private static DefinitionStage Stage(string text) => DefinitionParser.Parse("x", text, TemplateArguments.None).Final;
}

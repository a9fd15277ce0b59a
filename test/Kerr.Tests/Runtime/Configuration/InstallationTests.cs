using Kerr.Linux;
using Kerr.Runtime.Configuration;
using Xunit;

namespace Kerr.Tests.Runtime.Configuration;

public class InstallationTests
{
    [Theory]
    [InlineData("/opt/kerr/bin/kerr", "/opt/kerr", "/opt/kerr/libexec/kerr", "/opt/kerr/etc/kerr/kerr.conf")]
    [InlineData("/usr/bin/kerr", "/usr", "/usr/libexec/kerr", "/etc/kerr/kerr.conf")]
    [InlineData("/usr/local/bin/kerr", "/usr/local", "/usr/local/libexec/kerr", "/usr/local/etc/kerr/kerr.conf")]
    [InlineData("/bin/kerr", "/", "/libexec/kerr", "/etc/kerr/kerr.conf")]
    [InlineData("/opt/kerr/bin/kerr (deleted)", "/opt/kerr", "/opt/kerr/libexec/kerr", "/opt/kerr/etc/kerr/kerr.conf")]
    public void Places_follow_from_where_the_program_is(string program, string prefix, string libexec, string configuration)
    {
        Installation installation = Installation.OfProgram(program);

        Assert.Equal((prefix, libexec, configuration), (installation.Prefix, installation.LibexecDir, installation.ConfigurationFile));
    }

    [Fact]
    public void The_running_program_is_found_without_its_name()
        => Assert.StartsWith("/", Installation.Find("nothing of use").Prefix, System.StringComparison.Ordinal);

    [Fact]
    public void Another_configuration_may_be_named_where_no_setuid_starter_binds_users()
    {
        Installation installation = new("/no/such/prefix");

        Assert.Equal("/mine.conf", ConfigurationFile.Choose(installation, "/mine.conf", isRoot: false));
        Assert.Equal(installation.ConfigurationFile, ConfigurationFile.Choose(installation, null, isRoot: false));
    }

    [Fact]
    public void A_missing_configuration_names_the_file_and_a_way_out()
    {
        UserException error = Assert.Throws<UserException>(() => ConfigurationFile.Load("/no/such/kerr.conf"));

        Assert.Contains("/no/such/kerr.conf", error.Message, System.StringComparison.Ordinal);
        Assert.Contains("--config", error.Remedy!, System.StringComparison.Ordinal);
    }
}

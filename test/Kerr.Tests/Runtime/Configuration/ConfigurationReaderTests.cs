using System;
using System.IO;
using System.Text;
using Kerr.Runtime.Configuration;
using Xunit;

namespace Kerr.Tests.Runtime.Configuration;

public class ConfigurationReaderTests
{
    [Theory]
    [InlineData("mount home = no")]
    [InlineData("  mount home=no  ")]
    [InlineData("\tmount home\t=\tno\r")]           // files that went through Windows
    [InlineData("# mount home = yes\n\nmount home = no\n#")]
    public void A_directive_is_read_whatever_the_white_space(string text)
        => Assert.False(Read(text).MountHome);

    [Fact]
    public void Lists_add_up_by_commas_and_lines_and_know_their_lines()
    {
        SiteConfiguration configuration = Read("bind path = /a, /b,\n\nbind path = /c:/d e\n");

        Assert.Equal(["/a", "/b", "/c:/d e"], configuration.BindPath);
        Assert.Equal([("/a", 1), ("/b", 1), ("/c:/d e", 3)], configuration.ItemsWithLines(Directives.BindPath));
        Assert.Equal([1, 3], configuration.Lines(Directives.BindPath));
    }

    [Fact]
    public void A_list_that_the_file_does_not_name_is_empty()
    {
        Assert.Empty(Read("").BindPath);
        Assert.Empty(Read("bind path =\n").BindPath);
        Assert.Equal(["/etc/localtime", "/etc/hosts"], SiteConfiguration.Default.BindPath);
    }

    [Fact]
    public void Any_other_directive_that_the_file_does_not_name_has_its_default()
    {
        Assert.Equal("yes", Read("").MountDev);
        Assert.Equal("yes", Read("mount dev =\n").MountDev);
        Assert.Empty(Read("").Lines(Directives.MountDev));
    }

    [Theory]
    [InlineData("\nmount home = maybe", "kerr.conf:2: 'mount home' takes yes, no, not 'maybe'")]
    [InlineData("mount home = YES", "kerr.conf:1: 'mount home' takes yes, no, not 'YES'")]
    [InlineData("mount dev = some", "kerr.conf:1: 'mount dev' takes yes, no, minimal, not 'some'")]
    [InlineData("max loop devices = -1", "kerr.conf:1: 'max loop devices' takes a whole number of at least 0, not '-1'")]
    [InlineData("download concurrency = 0", "kerr.conf:1: 'download concurrency' takes a whole number of at least 1, not '0'")]
    [InlineData("#\n#\nmount hme = no", "kerr.conf:3: unknown directive 'mount hme'; did you mean 'mount home'?")]
    [InlineData("colour scheme of the login page = blue", "kerr.conf:1: unknown directive 'colour scheme of the login page'")]
    [InlineData("Mount Home = no", "kerr.conf:1: unknown directive 'Mount Home'; did you mean 'mount home'?")]
    [InlineData("mount home no", "kerr.conf:1: expected 'directive = value', found 'mount home no'")]
    [InlineData("mount home = no\n\nmount home = yes", "kerr.conf:3: 'mount home' is set already, in line 1")]
    [InlineData("= no", "kerr.conf:1: unknown directive ''")]
    public void What_is_not_understood_is_told_with_its_line(string text, string message)
        => Assert.Equal(message, Assert.Throws<InvalidDataException>(() => Read(text)).Message);

    [Fact]
    public void Bytes_that_are_no_UTF8_stay_in_values()
        => Assert.Equal(["/d\u00e4ten\u00a0", "/\u00ff\u0085"], Read("bind path = /d\u00e4ten\u00a0,/\u00ff\u0085").BindPath);

    [Fact]
    public void The_older_names_close_what_they_closed()
    {
        Assert.Equal("no", Read("allow kernel squashfs = no\nallow setuid-mount squashfs = yes").AllowSetuidMountSquashfs);
        Assert.Equal("iflimited", Read("allow kernel squashfs = yes").AllowSetuidMountSquashfs);
        Assert.False(Read("allow kernel extfs = no\nallow setuid-mount extfs = yes").AllowSetuidMountExtfs);
    }

    [Fact]
    public void Directives_without_effect_are_noted()
    {
        string note = Assert.Single(Read("mount home = yes\nsif fuse = yes\n").Notes);

        Assert.StartsWith("kerr.conf:2: 'sif fuse' has no effect", note, StringComparison.Ordinal);
    }

    [Fact]
    public void Try_is_the_older_word_for_yes()
        => Assert.Equal("yes", Read("enable overlay = try").EnableOverlay);

    [Fact]
    public void Builds_run_without_the_sites_additions()
    {
        SiteConfiguration builds = Read("bind path = /opt\nlimit container paths = /apps\nallow user ns = no\n").ForBuilds;

        Assert.Empty(builds.BindPath);
        Assert.False(builds.ConfigResolvConf || builds.MountHome || builds.MountDevPts);
        Assert.True(builds.MountTmp);
        Assert.Equal(["/apps"], builds.LimitContainerPaths);
        Assert.False(builds.AllowUserNs);
    }

    [Fact]
    public void Any_bytes_are_a_configuration_or_an_error_with_a_line()
    {
        Random random = new(20260801);
        byte[] valid = Encoding.Latin1.GetBytes(ConfigurationWriter.Write());

        for (int round = 0; round < 500; round++)
        {
            byte[] mutated = (byte[])valid.Clone();

            for (int i = random.Next(1, 8); i > 0; i--)
            {
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            }

            try
            {
                _ = ConfigurationReader.Read("f", mutated.AsSpan(0, random.Next(mutated.Length))).BindPath;
            }
            catch (InvalidDataException error)
            {
                Assert.Matches("^f:[0-9]+: ", error.Message);
            }
        }
    }

    private static SiteConfiguration Read(string text) => ConfigurationReader.Read("kerr.conf", Encoding.Latin1.GetBytes(text));
}

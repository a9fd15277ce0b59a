using System;
using System.IO;
using System.Linq;
using Kerr.Linux;
using Kerr.Registry.Remotes;
using Xunit;

namespace Kerr.Tests.Registry.Remotes;

/// <summary>remote.yaml: what the peers wrote is read, what is written is read again, what is something else is refused by line.</summary>
public class RemoteFileTests
{
    private const string OfPeers = """
        ---
        Active: work   # the default
        Remotes:
            "work":
                URI: cloud.example.org
                Token: 'it''s'
                System: false
                Exclusive: false
                Keyservers:
                - URI: https://keys.example.org
                  Skip: false
                  External: true
                  Insecure: true
            none: {}
        Credentials:
            - URI: https://keys.example.org
              Auth: Basic YTpi
              Insecure: false
        """;

    [Fact]
    public void Reads_what_the_peers_write()
    {
        RemoteFile file = RemoteFile.Parse(OfPeers);

        Assert.Equal("work", file.Active);
        Assert.Equal(["none", "work"], file.Remotes.Keys);
        Assert.Equal("it's", file.Remotes["work"].Token);
        Assert.Equal([new Keyserver("https://keys.example.org", External: true, Insecure: true)], file.Remotes["work"].Keyservers);
        Assert.Equal([new ServiceLogin("https://keys.example.org", "Basic YTpi", false)], file.Logins);
    }

    [Fact]
    public void Reads_again_what_it_writes()
    {
        RemoteFile file = RemoteFile.Parse(OfPeers);
        file.Remotes["odd"] = new RemoteEndpoint("host:8443/path") { Token = "yes", Insecure = true, System = true, Exclusive = true };
        file.Remotes["quoted"] = new RemoteEndpoint("h") { Token = "a\"b\\c: #\n" };

        string text = file.ToText();
        RemoteFile again = RemoteFile.Parse(text);

        Assert.Equal(text, again.ToText());
        Assert.Equal("yes", again.Remotes["odd"].Token);
        Assert.Equal("a\"b\\c: #\n", again.Remotes["quoted"].Token);
        Assert.True(again.Remotes["odd"] is { Insecure: true, System: true, Exclusive: true });
    }

    [Theory]
    [InlineData("", "")]                                     // an empty file is made by the peers, too
    [InlineData("Active: \"\"\nRemotes: {}\n", "")]
    [InlineData("Active: a\nRemotes:\n", "a")]
    public void Takes_nothing_for_nothing(string text, string active)
    {
        RemoteFile file = RemoteFile.Parse(text);
        Assert.Equal(active, file.Active);
        Assert.Empty(file.Remotes);
    }

    [Theory]
    [InlineData("Active work\n", "line 1")]
    [InlineData("Active: a\nActive: b\n", "line 2: Active is there twice")]
    [InlineData("Active: &x a\n", "line 1")]                  // an anchor is YAML, too
    [InlineData("Active: {a: b}\n", "line 1")]
    [InlineData("Remotes:\n\tx: y\n", "line 2: a tab")]
    [InlineData("Active: \"a\n", "line 1: the closing quote is missing")]
    [InlineData("  Active: a\nRemotes: {}\n", "line 2")]
    [InlineData(": x\n", "line 1: a name is missing")]
    [InlineData("{}: x\n", "line 1: a name is missing")]
    [InlineData("Remotes: text\n", "Remotes")]
    [InlineData("Remotes:\n  a:\n    Uri: x\n", "Uri")]       // unknown: writing the file again would lose it
    [InlineData("Remotes:\n  a:\n    System: maybe\n", "maybe")]
    public void Refuses_what_it_would_misread(string text, string message)
        => Assert.Contains(message, Assert.Throws<InvalidDataException>(() => RemoteFile.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_truncation_is_read_or_refused()
    {
        for (int length = 0; length < OfPeers.Length; length++)
        {
            try
            {
                _ = RemoteFile.Parse(OfPeers[..length]);
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
        }
    }

    [Fact]
    public void The_sites_exclusive_endpoint_is_the_only_choice()
    {
        var own = new RemoteFile { Active = "mine" };
        own.Remotes["mine"] = new RemoteEndpoint("mine.example.org");
        var site = new RemoteFile { Active = "site" };
        site.Remotes["site"] = new RemoteEndpoint("site.example.org") { Exclusive = true };

        var configuration = new RemoteConfiguration(own, site);
        Assert.Equal("site", configuration.Default);
        Assert.Contains("exclusive", Assert.Throws<UserException>(() => configuration.Use("mine")).Message, StringComparison.Ordinal);

        site.Remotes["site"] = site.Remotes["site"] with { Exclusive = false };
        Assert.Equal("mine", new RemoteConfiguration(own, site).Default);
    }

    [Fact]
    public void A_login_at_the_sites_endpoint_is_kept_in_the_users_file()
    {
        var own = new RemoteFile();
        RemoteFile site = RemoteConfiguration.BuiltIn();
        new RemoteConfiguration(own, site).SetToken(RemoteConfiguration.DefaultName, "secret");

        Assert.Equal("secret", new RemoteConfiguration(RemoteFile.Parse(own.ToText()), site).Find("").Endpoint.Token);
        Assert.DoesNotContain("secret", site.ToText(), StringComparison.Ordinal);
        new RemoteConfiguration(own, site).SetToken(RemoteConfiguration.DefaultName, "");
        Assert.Empty(own.Remotes);
    }

    [Fact]
    public void Keyservers_keep_their_order_and_the_endpoints_own_comes_back()
    {
        const string Own = "https://own.example.org";
        var servers = new KeyserverList(new RemoteEndpoint("x"), Own);
        servers.Add("https://b.example.org", null, insecure: false);
        servers.Add("hkp://a.example.org", 1, insecure: true);

        Assert.Equal(["http://a.example.org:11371", Own, "https://b.example.org"], servers.Asked.Select(static server => server.Uri));
        servers.Remove(Own);
        Assert.Equal(["http://a.example.org:11371", "https://b.example.org"], servers.Asked.Select(static server => server.Uri));

        // Taken out, it is not told by the endpoint anew; put in again, it is not external.
        var later = new KeyserverList(new RemoteEndpoint("x") { Keyservers = servers.All }, Own);
        Assert.Equal(2, later.Asked.Count);
        later.Add(Own, null, insecure: false);
        Assert.False(later.All.Single(static server => server.Uri == Own).External);
    }

    [Theory]
    [InlineData("https://own.example.org", null, "already configured")]
    [InlineData("https://c.example.org", 0L, "order must be > 0")]
    [InlineData("https://c.example.org", 3L, "maximum is 2")]
    [InlineData("ftp://c.example.org", null, "no address")]
    [InlineData("", null, "no address")]
    public void Keyservers_that_cannot_be_added_are_refused(string uri, long? order, string message)
    {
        var servers = new KeyserverList(new RemoteEndpoint("x"), "https://own.example.org");
        Assert.Contains(message, Assert.Throws<UserException>(() => servers.Add(uri, order, insecure: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_keyserver_stays()
    {
        var servers = new KeyserverList(new RemoteEndpoint("x"), "https://own.example.org");
        Assert.Contains("can't be removed", Assert.Throws<UserException>(() => servers.Remove("https://own.example.org")).Message, StringComparison.Ordinal);
    }
}

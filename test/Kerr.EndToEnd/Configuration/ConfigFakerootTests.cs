using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Configuration;

/// <summary><c>config fakeroot</c>, on a copy of /etc that only the test sees.</summary>
public class ConfigFakerootTests
{
    private readonly string etc = Host.Directory() + "/etc";
    private readonly Caller root;

    public ConfigFakerootTests()
    {
        Host.Run("cp", "-a", "/etc", etc);
        root = As.Root.Under("unshare", "--mount", "sh", "-c", $"mount --bind {etc} /etc && exec \"$@\"", "sh");
        Host.Write(etc + "/subuid", "other:4294836224:65536\n");
        Host.Write(etc + "/subgid", "");
    }

    [Fact]
    public void A_user_gets_a_range_loses_its_use_and_loses_it()
    {
        string name = TestUser.First.Name, line = $"{name}:4294770688:65536\n";
        root.Run("config", "fakeroot", "--add", name).Succeeds();
        Assert.Equal("other:4294836224:65536\n" + line, Text("subuid"));
        Assert.Equal(line, Text("subgid"));

        root.Run("config", "fakeroot", "--disable", name).Succeeds();
        Assert.Equal("!" + line, Text("subgid"));
        root.Run("config", "fakeroot", "--add", name).Succeeds();       // it is there: only turned on again
        Assert.Equal(line, Text("subgid"));
        root.Run("config", "fakeroot", "-d", name).Succeeds();
        root.Run("config", "fakeroot", "-e", name).Succeeds();
        Assert.Equal(line, Text("subgid"));
        root.Run("config", "fakeroot", "--remove", name).Succeeds();
        Assert.Equal("other:4294836224:65536\n", Text("subuid"));
        root.Run("config", "fakeroot", "--remove", name).IsFatal("has no range");
    }

    [Fact]
    public void Who_may_not_or_asks_for_nobody_is_told()
    {
        As.User.Run("config", "fakeroot", "--add", TestUser.First.Name).IsFatal("requires root privileges");
        root.Run("config", "fakeroot", "--add", "nobody-of-that-name").IsFatal("there is no user");
        root.Run("config", "fakeroot", "--add", "--remove", TestUser.First.Name).Ends(1);
        root.Run("config", "fakeroot", TestUser.First.Name).Ends(1);
    }

    private string Text(string file) => File.ReadAllText($"{etc}/{file}");
}

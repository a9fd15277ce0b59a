using System;
using System.IO;
using System.Linq;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Configuration;

/// <summary>`capability`, and what its file gives: to users over their own user namespace, to root by `root default capabilities = file`.</summary>
public class CapabilityTests
{
    private const string None = "CapEff:\t0000000000000000", NetAdmin = "CapEff:\t0000000000001000";

    private static readonly string Name = TestUser.First.Name;

    private readonly string tree;

    public CapabilityTests()
    {
        tree = $"{Host.Directory()}/tree";
        Tree.CopyTo(tree);
    }

    private string GrantFile => $"{tree}/etc/kerr/capability.json";

    private Result Capability(params string[] arguments) => Of(As.Root).Run(["capability", .. arguments]);

    private Caller Of(Caller caller) => caller.Named($"{tree}/bin/kerr");

    [Fact]
    public void The_file_and_the_list_are_those_of_the_peers()
    {
        Capability("list").IsFatal("no user and no group has a capability");
        Capability("add", "--user", Name, "--group", "daemon", "cap_net_admin,KILL,CAP_FROB").Ends(0).Warns("Ignoring unknown capabilities: CAP_FROB");
        Capability("add", "-u", "root", "CAP_CHOWN").Succeeds().Silent();
        Assert.Equal(
            $"{{\n\t\"users\": {{\n\t\t\"{Name}\": [\n\t\t\t\"CAP_KILL\",\n\t\t\t\"CAP_NET_ADMIN\"\n\t\t],\n\t\t\"root\": [\n\t\t\t\"CAP_CHOWN\"\n\t\t]\n\t}},\n"
            + "\t\"groups\": {\n\t\t\"daemon\": [\n\t\t\t\"CAP_KILL\",\n\t\t\t\"CAP_NET_ADMIN\"\n\t\t]\n\t}\n}\n", File.ReadAllText(GrantFile));
        Of(As.User).Run("capability", "list").Prints($"{Name} [user]: CAP_KILL,CAP_NET_ADMIN\nroot [user]: CAP_CHOWN\ndaemon [group]: CAP_KILL,CAP_NET_ADMIN");
        Of(As.User).Run("caps", "list", "daemon").Prints("daemon [group]: CAP_KILL,CAP_NET_ADMIN");

        Capability("drop", "--user", Name, "all").Succeeds().Silent();
        Capability("drop", "--group", "daemon", "CAP_KILL").Succeeds();
        Capability("list").Prints("root [user]: CAP_CHOWN\ndaemon [group]: CAP_NET_ADMIN");
        Capability("list", Name).IsFatal($"no capability is set for the user or group {Name}");
        Assert.Equal(Directory.GetFiles($"{Tree.Root}/etc/kerr").Select(Path.GetFileName).Append("capability.json").Order(), Directory.GetFiles($"{tree}/etc/kerr").Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Only_root_changes_it_and_names_must_exist()
    {
        Of(As.User).Run("capability", "add", "--user", Name, "CAP_KILL").IsFatal("only root can manage capabilities");
        Capability("add", "--user", "nosuchuser", "CAP_KILL").IsFatal("there is no user nosuchuser");
        Capability("add", "--group", "nosuchgroup", "CAP_KILL").IsFatal("there is no group nosuchgroup");
        Capability("add", "CAP_KILL").IsFatal("no user or group");
        Capability("add").Ends(1).Warns("accepts 1 arg(s), received 0");
        Assert.False(File.Exists(GrantFile));
    }

    [Fact]
    public void Those_that_there_are_are_explained()
    {
        Assert.Equal(41, Capability("avail").Succeeds().Lines.Count(line => line.StartsWith("CAP_", StringComparison.Ordinal)));
        Capability("avail", "net_raw").Shows("CAP_NET_RAW:           Open raw");
        Capability("avail", "CAP_FROB").IsFatal("CAP_FROB");
    }

    [Fact]
    public void A_user_gets_what_is_granted_and_asked_for_over_the_own_namespace()
    {
        string[] change = ["exec", "--net", "--network", "none", "--add-caps", "CAP_NET_ADMIN,CAP_SYS_ADMIN", Images.Sif, "ip", "link", "set", "lo", "mtu", "1400"];
        string[] show = ["exec", "--add-caps", "CAP_NET_ADMIN", Images.Sif, "grep", "CapEff", "/proc/self/status"];
        Of(As.User).Run(change).Ends(2).Warns("not authorized to add capability: CAP_NET_ADMIN,CAP_SYS_ADMIN");

        Capability("add", "--user", Name, "CAP_NET_ADMIN").Succeeds();
        Of(As.User).Run(change).Ends(0).Warns("not authorized to add capability: CAP_SYS_ADMIN\n");
        Of(As.User).Run(show).Prints(NetAdmin);
        Of(As.User).Run("exec", Images.Sif, "grep", "CapEff", "/proc/self/status").Prints(None);
        Of(As.User).Run("exec", "--add-caps", "CAP_NET_ADMIN", "--drop-caps", "net_admin", Images.Sif, "grep", "CapEff", "/proc/self/status").Prints(None);
        Assert.Equal(None, Of(As.OtherUser).Run(show).Ends(0).Warns("not authorized").Line);
        Of(As.User).Run("exec", "--add-caps", "CAP_NET_ADMIN", Images.Sif, "grep", "NoNewPrivs", "/proc/self/status").Prints("NoNewPrivs:\t1");

        // It is not one of the namespaces that launches share, and nothing of the host.
        Of(As.User).Run("exec", "--add-caps", "CAP_NET_ADMIN", Images.Sif, "ip", "link", "set", "lo", "mtu", "65000").Ends(2).Warns("Operation not permitted");
        Of(As.User).Run("explain", "exec", "--add-caps", "CAP_NET_ADMIN", Images.Sif, "true").Shows("the payload has capabilities over its user namespace").Hides("Sharing images");

        Capability("drop", "--user", Name, "CAP_NET_ADMIN").Succeeds();
        Capability("add", "--group", Host.Run("id", "-gn", Name).Trim(), "CAP_NET_ADMIN").Succeeds();
        Of(As.User).Run(show).Prints(NetAdmin);
    }

    [Fact]
    public void Root_gets_by_default_what_the_file_grants_to_root()
    {
        string[] show = ["-c", ConfigurationFile.With("root default capabilities = file"), "exec", Images.Directory, "grep", "CapEff", "/proc/self/status"];
        Of(As.Root).Run(show).Prints(None);
        Capability("add", "--user", "root", "CAP_CHOWN").Succeeds();
        Capability("add", "--group", "root", "CAP_NET_ADMIN").Succeeds();
        Capability("add", "--user", Name, "CAP_KILL").Succeeds();
        Of(As.Root).Run(show).Prints("CapEff:\t0000000000001001");

        Host.Own(GrantFile, TestUser.First);
        Of(As.Root).Run(show).IsFatal($"{GrantFile} must be owned by root");
        Host.Run("chown", "0:0", GrantFile);
        Host.Run("chmod", "0664", GrantFile);
        Of(As.Root).Run(show).IsFatal("must be owned by root");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"users\": {\"root\": \"CAP_KILL\"}}")]
    [InlineData("{\"users\": {\"root\": [7]}}")]
    [InlineData("{\"users\": {\"root\": [], \"root\": [\"CAP_KILL\"]}}")]
    [InlineData("{\"user\": {}}")]
    [InlineData("{} {}")]
    public void A_file_that_is_none_is_told_and_grants_nothing(string content)
    {
        Host.Write(GrantFile, content);
        Capability("list").IsFatal(GrantFile);
        Capability("add", "--user", "root", "CAP_KILL").IsFatal(GrantFile);
        Of(As.User).Run("exec", "--add-caps", "CAP_KILL", Images.Directory, "true").IsFatal(GrantFile);
        Of(As.User).Run("exec", Images.Directory, "echo", "ran").Prints("ran");
        Assert.Equal(content, File.ReadAllText(GrantFile));
    }

    [Fact]
    public void Many_changes_at_once_are_all_there_in_the_end()
    {
        string[] all = ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_NET_RAW", "CAP_MKNOD", "CAP_BPF"];
        Running[] changing = Array.ConvertAll(all, name => Of(As.Root).Start("capability", "add", "--user", "root", name));
        foreach (Running one in changing)
        {
            one.Wait().Succeeds();
        }

        string[] granted = Capability("list", "root").Succeeds().Line["root [user]: ".Length..].Split(',');
        Assert.Equal(all.Order(), granted.Order());
    }
}

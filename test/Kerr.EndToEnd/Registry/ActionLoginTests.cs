using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Registry;

/// <summary>The options of actions that say who asks a registry: for images by URI, with a name and password that are not kept.</summary>
public class ActionLoginTests
{
    [Fact]
    public void A_name_and_password_come_from_options_or_a_file_or_a_terminal()
    {
        using var registry = new LocalRegistry(login: true);
        registry.Put("private/tool", "1");
        string home = Host.Directory(TestUser.First), uri = $"docker://{registry.Host}/private/tool:1";
        Caller user = As.User.In(home).With($"HOME={home}", "APPTAINER_DISABLE_CACHE=1");

        user.Run("exec", uri, "cat", "/hello").IsFatal("wants a login");
        user.Run("exec", "--docker-username", LocalRegistry.User, "--docker-password", "wrong", uri, "cat", "/hello").Ends(255);
        user.Run("exec", "--docker-username", LocalRegistry.User, "--docker-password", LocalRegistry.Password, uri, "cat", "/hello").Shows("from a registry");
        user.With($"APPTAINER_DOCKER_USERNAME={LocalRegistry.User}", $"APPTAINER_DOCKER_PASSWORD={LocalRegistry.Password}").Run("run", uri).Shows("from a registry");
        using (Running asked = user.StartOnTerminal("exec", "--docker-login", uri, "cat", "/hello"))
        {
            asked.WaitFor("Enter Docker Username: ").Type(LocalRegistry.User + "\n").WaitFor("Enter Docker Password: ").Type(LocalRegistry.Password + "\n");
            Result result = asked.Wait().Shows("from a registry");
            Assert.DoesNotContain(LocalRegistry.Password, result.Out, System.StringComparison.Ordinal);
        }

        Assert.False(System.IO.File.Exists($"{home}/.apptainer/docker-config.json"));
        user.Run("exec", "--authfile", "logins.json", uri, "cat", "/hello").Ends(255);
        user.Reading(LocalRegistry.Password + "\n").Run("registry", "login", "--authfile", "logins.json", "-u", LocalRegistry.User, "--password-stdin", $"docker://{registry.Host}").Succeeds();
        user.Run("exec", "--authfile", "logins.json", uri, "cat", "/hello").Shows("from a registry");
        user.With("APPTAINER_AUTH_FILE=logins.json").Run("exec", uri, "cat", "/hello").Shows("from a registry");
        user.Run("exec", uri, "cat", "/hello").IsFatal("wants a login");
    }
}

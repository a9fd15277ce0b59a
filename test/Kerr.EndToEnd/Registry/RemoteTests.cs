using System;
using System.IO;
using System.Text;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Registry;

/// <summary>Remote endpoints: stored in remote.yaml, asked for their services, used by library:// and logins.</summary>
public class RemoteTests
{
    [Fact]
    public void Endpoints_are_added_listed_used_and_removed()
    {
        Caller user = Fresh();
        user.Run("remote", "list").Shows(Bytes("DefaultRemote  cloud.apptainer.org  ✓         ✓"));
        Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode($"{user.WorkingDirectory}/.apptainer/remote.yaml"));

        user.Run("remote", "add", "--no-login", "work", "https://cloud.example.org/").Succeeds();
        user.Run("remote", "add", "--no-login", "--no-default", "other", "other.example.org").Succeeds();
        user.Run("remote", "add", "--no-login", "work", "cloud.example.org").IsFatal("work is already a remote");
        user.Run("remote", "add", "--no-login", "plain", "http://cloud.example.org").IsFatal("is not encrypted");
        user.Run("remote", "list").Shows(Bytes("work           cloud.example.org    ✓                              ✓"));
        user.Run("remote", "use", "other").Succeeds();
        user.Run("remote", "list").Shows(Bytes("other          other.example.org    ✓"));
        user.Run("remote", "remove", "other").Succeeds();
        user.Run("remote", "remove", "other").IsFatal("other is not a remote");
        user.Run("remote", "remove", "DefaultRemote").IsFatal("DefaultRemote is global and can't be removed");
        user.Run("remote", "use", "--global", "work").IsFatal("not root user");
        user.Run("remote", "status", "none").IsFatal("none is not a remote");
    }

    [Fact]
    public void A_token_is_tried_kept_closed_and_forgotten()
    {
        using var cloud = new MadeUpCloud("good");
        Caller user = Fresh();
        Host.Write($"{user.WorkingDirectory}/token", "good\n");
        Host.Write($"{user.WorkingDirectory}/bad", "bad\n");
        user.Run("remote", "add", "--insecure", "--no-login", "work", cloud.Host).Succeeds();

        user.Run("remote", "status").Shows("Library  OK      v1.2.3   http://").Shows("No authentication token set");
        user.Run("remote", "login", "--tokenfile", "bad").IsFatal("does not accept the token");
        user.Run("remote", "login", "--tokenfile", "token").Succeeds();
        user.Run("remote", "status").Shows("Valid authentication token set");
        user.Run("remote", "get-login-password").Prints("s3cret");
        Assert.Contains("Token: good", File.ReadAllText($"{user.WorkingDirectory}/.apptainer/remote.yaml"), StringComparison.Ordinal);
        user.Run("remote", "logout").Succeeds();
        user.Run("remote", "get-login-password").IsFatal("not logged in");
        Assert.DoesNotContain("good", File.ReadAllText($"{user.WorkingDirectory}/.apptainer/remote.yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_endpoints_library_gives_images_and_is_searched()
    {
        using var cloud = new MadeUpCloud("good") { Image = File.ReadAllBytes(Images.Sif) };
        Caller user = Fresh();
        Host.Write($"{user.WorkingDirectory}/token", "good\n");
        user.Run("pull", "library://group/default/tool:1").IsFatal("no library is configured");
        user.Run("remote", "add", "--insecure", "--tokenfile", "token", "work", cloud.Host).Succeeds();

        user.Run("pull", "tool.sif", "library://group/default/tool:1").Succeeds();
        Assert.Equal(cloud.Image, File.ReadAllBytes($"{user.WorkingDirectory}/tool.sif"));
        user.Run("search", "tool").Shows("library://group/default/tool:1,latest").Shows("a ?[31mtool");
        user.Reading("n\n").Run("delete", "library://group/default/tool:1").Succeeds();
        Assert.Empty(cloud.Deleted);
        user.Reading("y\n").Run("delete", "library://group/default/tool:1").Succeeds();
        Assert.Equal(["/v1/images/group/default/tool:1?arch=amd64"], cloud.Deleted);
        user.Run("delete", "--force", "library://group/default/none:1").IsFatal("has no library://group/default/none:1");

        // A host that an image's name brings gets no token.
        user.Run("pull", "--no-https", "x.sif", $"library://{cloud.Host}/group/default/tool:1").IsFatal("401");
    }

    [Fact]
    public void Without_a_home_to_write_to_the_sites_endpoints_count()
    {
        string home = Host.Directory();     // root's
        Caller user = As.User.In("/").With($"HOME={home}");
        user.Run("remote", "list").Shows("DefaultRemote  cloud.apptainer.org");
        user.Run("remote", "add", "--no-login", "work", "cloud.example.org").IsFatal("there is no place for remote endpoints");
        user.Run("pull", "/tmp/x.sif", "library://group/default/tool:1").IsFatal("no library is configured");
    }

    [Fact]
    public void A_damaged_file_is_named_by_line()
    {
        Caller user = Fresh();
        Directory.CreateDirectory($"{user.WorkingDirectory}/.apptainer");
        Host.Write($"{user.WorkingDirectory}/.apptainer/remote.yaml", "Active: x\n\tRemotes: y\n");
        user.Run("remote", "list").IsFatal("remote.yaml, line 2");
    }

    // Outputs are read byte by byte.
    private static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private static Caller Fresh()
    {
        string home = Host.Directory(TestUser.First);
        return As.User.In(home).With($"HOME={home}");
    }
}

using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Registry;

/// <summary>What is done to images in a registry without fetching them.</summary>
public class TagTests
{
    [Fact]
    public void An_image_gets_another_tag_is_found_and_deleted()
    {
        using var registry = new LocalRegistry();
        string home = Host.Directory(TestUser.First);
        Caller user = As.User.In(home).With($"HOME={home}");
        string uri = $"oras://{registry.Host}/group/x";
        user.Run("push", Images.Sif, uri + ":1").Succeeds();

        user.Run("tag", uri + ":1", "stable").Succeeds();
        user.Run("pull", "y.sif", uri + ":stable").Succeeds();
        Assert.Equal(File.ReadAllBytes(Images.Sif), File.ReadAllBytes($"{home}/y.sif"));
        user.Run("tag", uri + ":none", "other").IsFatal("has no image none");
        user.Run("tag", "file.sif", "other").IsFatal("name an image in a registry");

        registry.Put("elsewhere", "2");
        user.Run("search", $"oras://{registry.Host}/group").Prints($"{uri}:1\n{uri}:stable");
        user.Run("search", $"oras://{registry.Host}").Shows($"oras://{registry.Host}/elsewhere:2");

        user.Reading("\n").Run("delete", uri + ":1").Succeeds();
        user.Run("pull", "z.sif", uri + ":1").Succeeds();
        user.Run("delete", "--force", uri + ":1").Succeeds();
        user.Run("pull", "--force", "z.sif", uri + ":stable").IsFatal("has no image stable");      // the same manifest
        user.Run("delete", "--force", uri + ":1").IsFatal("has no image 1");
    }
}

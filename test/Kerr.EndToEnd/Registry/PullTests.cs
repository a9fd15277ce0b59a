using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Registry;

/// <summary>Images from and to a registry on this machine, by an ordinary user.</summary>
public class PullTests
{
    [Fact]
    public void Pulls_runs_and_keeps()
    {
        using var registry = new LocalRegistry();
        string digest = registry.Put("group/tool", "1");
        Caller user = Fresh();

        user.Run("pull", $"docker://{registry.Host}/group/tool:1").Succeeds();
        Assert.Equal(0x1ED & ~0x12, (int)File.GetUnixFileMode($"{user.WorkingDirectory}/tool_1.sif") & ~0x12);
        user.Run("run", "tool_1.sif").Shows("from a registry");
        user.Run("exec", "tool_1.sif", "sh", "-c", "echo $WHAT; ls /deleted 2>&1").Warns("").Ends(1);
        user.Run("exec", "tool_1.sif", "sh", "-c", "echo $WHAT").Prints("image");

        user.Run("pull", $"docker://{registry.Host}/group/tool:1").IsFatal("already exists");
        user.Run("pull", "again.sif", $"docker://{registry.Host}/group/tool@{digest}").Succeeds();
        Assert.Equal(File.ReadAllBytes($"{user.WorkingDirectory}/tool_1.sif"), File.ReadAllBytes($"{user.WorkingDirectory}/again.sif"));
        Assert.Equal(3, registry.Gets("/blobs/"));      // two layers and a configuration, once
        user.Run("run", $"docker://{registry.Host}/group/tool:1").Shows("from a registry");
        Assert.Equal(3, registry.Gets("/blobs/"));

        user.Run("cache", "list").Shows("There are 1 container file(s)");
        user.Run("cache", "clean", "--force").Succeeds();
        user.Run("cache", "list").Shows("There are 0 container file(s)");
    }

    [Fact]
    public void Works_without_a_cache_and_leaves_nothing()
    {
        using var registry = new LocalRegistry();
        registry.Put("tool", "latest");
        Caller user = Fresh();

        user.Run("exec", "--disable-cache", $"docker://{registry.Host}/tool", "cat", "/hello").Shows("from a registry");
        user.Run("build", "--disable-cache", "x.sif", $"docker://{registry.Host}/tool").Succeeds();
        user.Run("build", "--disable-cache", "--sandbox", "box", $"docker://{registry.Host}/tool").Succeeds();
        user.Run("exec", "box", "cat", "/hello").Shows("from a registry");
        Assert.Equal(["box", "x.sif"], Directory.GetFileSystemEntries(user.WorkingDirectory).Select(static path => Path.GetFileName(path)!).Where(static name => !name.StartsWith('.')).Order(StringComparer.Ordinal));
        Assert.False(Directory.Exists($"{user.WorkingDirectory}/.apptainer/cache"));
    }

    [Fact]
    public void A_sif_file_goes_there_and_back()
    {
        using var registry = new LocalRegistry();
        Caller user = Fresh();
        user.Run("push", Images.Sif, $"oras://{registry.Host}/files/x:1").Succeeds();
        user.Run("pull", "--dir", user.WorkingDirectory, $"oras://{registry.Host}/files/x:1").Succeeds();

        Assert.Equal(File.ReadAllBytes(Images.Sif), File.ReadAllBytes($"{user.WorkingDirectory}/x_1.sif"));
        user.Run("pull", "y.sif", $"docker://{registry.Host}/files/x:1").IsFatal("no extractable OCI/Docker tar layers found in this image");
        user.Run("pull", $"oras://{registry.Host}/files/nosuch:1").IsFatal("has no image 1");
    }

    [Fact]
    public void A_login_is_tried_kept_and_forgotten()
    {
        using var registry = new LocalRegistry(login: true);
        registry.Put("private/tool", "1");
        Caller user = Fresh();
        string uri = $"docker://{registry.Host}/private/tool:1";

        user.Run("pull", "a.sif", uri).IsFatal("wants a login");
        user.Run("registry", "login", "-u", LocalRegistry.User, "-p", "wrong", $"docker://{registry.Host}").IsFatal("does not");
        user.Reading(LocalRegistry.Password + "\n").Run("registry", "login", "-u", LocalRegistry.User, "--password-stdin", $"docker://{registry.Host}").Succeeds();
        user.Run("registry", "list").Shows($"docker://{registry.Host}");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode($"{user.WorkingDirectory}/.apptainer/docker-config.json"));
        user.Run("pull", "a.sif", uri).Succeeds();
        user.Run("registry", "logout", $"docker://{registry.Host}").Succeeds();
        user.Run("pull", "b.sif", uri).IsFatal("wants a login");
        user.With($"DOCKER_USERNAME={LocalRegistry.User}", $"DOCKER_PASSWORD={LocalRegistry.Password}").Run("pull", "b.sif", uri).Succeeds();
    }

    [Fact]
    public void Many_pulls_at_once_fetch_each_blob_once()
    {
        using var registry = new LocalRegistry();
        registry.Put("tool", "1");
        Caller user = Fresh();
        var running = new List<Running>();
        for (int i = 0; i < Rounds(12, 64); i++)
        {
            running.Add(user.Start("pull", $"{i}.sif", $"docker://{registry.Host}/tool:1"));
        }

        running.ForEach(static pull => pull.Wait().Succeeds());
        Assert.Equal(3, registry.Gets("/blobs/"));
        byte[] first = File.ReadAllBytes($"{user.WorkingDirectory}/0.sif");
        Assert.All(running.Select((_, i) => $"{user.WorkingDirectory}/{i}.sif"), path => Assert.Equal(first, File.ReadAllBytes(path)));
        Assert.Empty(Directory.GetFiles($"{user.WorkingDirectory}/.apptainer/cache/locks"));
    }

    [Fact]
    public void A_killed_pull_leaves_nothing_that_the_next_one_minds()
    {
        using var registry = new LocalRegistry();
        registry.Put("tool", "1");
        Caller user = Fresh();
        string image = $"{user.WorkingDirectory}/x.sif", cache = $"{user.WorkingDirectory}/.apptainer/cache";
        string[] pull = ["pull", "--force", image, $"docker://{registry.Host}/tool:1"];
        var clock = Stopwatch.StartNew();
        user.Run(pull).Succeeds();
        int whole = (int)clock.ElapsedMilliseconds;     // so that each moment of it is hit, on a busy machine, too
        byte[] right = File.ReadAllBytes(image);
        var random = new Random(1);
        int killed = 0;
        int rounds = Rounds(10, 100);
        for (int i = 0; i < rounds || (killed < rounds / 2 && i < 10 * rounds); i++)
        {
            user.Run("cache", "clean", "--force").Succeeds();
            Running running = user.Start(pull);
            Thread.Sleep(random.Next(whole));
            _ = LibC.kill(i % 2 == 0 ? running.Pid : -running.Pid, 9);      // alone, or with all that it started
            killed += running.Wait().Signal == 9 ? 1 : 0;

            Assert.Equal(right, File.ReadAllBytes(image));      // what was there is whole
            string[] blobs = Directory.Exists($"{cache}/blob/blobs/sha256") ? Directory.GetFiles($"{cache}/blob/blobs/sha256") : [];
            Assert.All(blobs, static blob => Assert.Equal(Path.GetFileName(blob), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(blob)))));
            user.Run(pull).Succeeds();
            Assert.Equal(right, File.ReadAllBytes(image));
            user.Run("run", "x.sif").Shows("from a registry");
            Assert.Equal(["x.sif"], Directory.GetFileSystemEntries(user.WorkingDirectory).Select(static path => Path.GetFileName(path)!).Where(static name => name != ".apptainer"));
            Assert.Empty(Directory.GetFiles(cache, "*.tmp", SearchOption.AllDirectories));
        }

        Assert.InRange(killed, rounds / 2, int.MaxValue);       // else this has tried nothing
    }

    private static int Rounds(int few, int many) => Environment.GetEnvironmentVariable("KERR_RACE_ROUNDS") is { Length: > 0 } ? many : few;

    /// <summary>A user with an empty home, which is where they are.</summary>
    private static Caller Fresh()
    {
        string home = Host.Directory(TestUser.First);
        return As.User.In(home).With($"HOME={home}");
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using Kerr.EndToEnd.Harness;
using Kerr.EndToEnd.Registry;
using Xunit;

namespace Kerr.EndToEnd.Cluster;

/// <summary>Images come to a node once: <c>image stage</c>, broadcast files, and many processes that want one image of a registry.</summary>
public class StageTests
{
    private const long Old = 3600;

    [Fact]
    public void Many_at_once_get_one_copy_that_runs()
    {
        string image = Image("solver.sif"), directory = Host.Directory(TestUser.First);
        var stages = new List<Running>();
        for (int i = 0; i < 16; i++)
        {
            stages.Add(As.User.Start("-v", "image", "stage", "--dir", directory, image));
        }

        Result[] results = [.. stages.Select(stage => stage.Wait().Ends(0))];
        string copy = Assert.Single(results.Select(result => result.Line).Distinct());
        Assert.Equal(1, results.Count(result => result.Err.Contains("Staging ", StringComparison.Ordinal)));
        Assert.Equal("solver.sif", Path.GetFileName(copy));
        Assert.Equal(File.ReadAllBytes(image), File.ReadAllBytes(copy));
        Assert.Equal(3, Directory.GetFiles(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Length);  // and nothing of temporary names
        Assert.Equal([image], Directory.GetFiles(Path.GetDirectoryName(image)!));     // nothing is written beside the original

        As.User.Run("exec", copy, "echo", "runs").Prints("runs");
        Assert.Equal(Hash(image), File.ReadAllText($"{Path.GetDirectoryName(copy)}/digest").Trim());
    }

    [Fact]
    public void A_copy_is_found_again_without_reading_the_image()
    {
        string image = Image("image.sif"), directory = Host.Directory(TestUser.First);
        string copy = As.User.Run("image", "stage", "--dir", directory, image).Succeeds().Silent().Line;
        File.SetUnixFileMode(directory, Modes.Everybody);
        Result traced = As.User.Under("/usr/bin/strace", "-f", "-qq", "-y", "-e", "trace=read,pread64,preadv,copy_file_range,sendfile").Run("image", "stage", "--dir", directory, image);
        Assert.Equal(copy, traced.Succeeds().Line);
        long read = traced.Err.Split('\n').Where(line => line.Contains($"<{image}>", StringComparison.Ordinal)).Select(line => long.TryParse(line[(line.LastIndexOf('=') + 1)..], out long count) ? count : 0).Sum();
        Assert.True(read < 64 << 10, $"{read} bytes of the image were read\n{traced.Err}");

        // Another content at the same path is another image.
        File.WriteAllBytes(image + ".new", File.ReadAllBytes(Image("image.sif")));
        File.Move(image + ".new", image, overwrite: true);
        Assert.NotEqual(copy, As.User.Run("image", "stage", "--dir", directory, image).Succeeds().Line);
    }

    [Fact]
    public void The_copies_that_were_not_used_for_longest_make_room_but_not_those_in_use()
    {
        string directory = Host.Directory(TestUser.First);
        string[] images = [Image("one.sif"), Image("two.sif"), Image("three.sif"), Image("four.sif")];
        long size = new FileInfo(images[0]).Length;
        string limit = $"{((size * 5) >> 11) + 1}K";    // two and a half
        string[] copies = [.. images[..2].Select(image => As.User.Run("image", "stage", "--dir", directory, "--max-size", limit, image).Succeeds().Line)];

        // Both were asked for a moment ago.
        As.User.Run("image", "stage", "--dir", directory, "--max-size", limit, images[2]).IsFatal("has no room for it");
        Age(copies[0], 2 * Old);
        Age(copies[1], Old);
        using Running running = As.User.Start("exec", copies[0], "sh", "-c", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done");
        running.WaitFor("ready");
        As.User.Run("image", "stage", "--dir", directory, "--max-size", limit, images[2]).Succeeds();
        Assert.True(File.Exists(copies[0]));    // the oldest, but it is open
        Assert.False(File.Exists(copies[1]));
        running.Signal(15).Wait().Ends(0);

        As.User.Run("image", "stage", "--dir", directory, "--max-size", limit, images[3]).Succeeds();
        Assert.False(File.Exists(copies[0]));
        As.User.Run("image", "stage", "--dir", directory, "--max-size", "1K", images[1]).IsFatal("raise --max-size");
    }

    [Fact]
    public void Digests_places_and_files_that_will_not_do_are_refused()
    {
        string image = Image("image.sif"), directory = Host.Directory(TestUser.First);
        As.User.Run("image", "stage", "--dir", directory, "--digest", new string('0', 64), image).IsFatal($"has the digest sha256:{Hash(image)}, not sha256:{new string('0', 64)}");
        As.User.Run("image", "stage", "--dir", directory, "--digest", "sha256:12", image).IsFatal("is no sha256");
        As.User.Run("image", "stage", "--dir", directory, "--digest", $"sha256:{Hash(image)}", image).Succeeds();
        As.User.Run("image", "stage", "--dir", directory, Images.Directory).IsFatal("is no file");
        As.User.Run("image", "stage", "--dir", directory, "/no/such.sif").IsFatal("no such file");
        As.User.Run("image", "stage", "--dir", Host.Directory(TestUser.Second), image).IsFatal("other users can change what is in it");
        string open = Host.Directory(TestUser.First);
        File.SetUnixFileMode(open, (UnixFileMode)0x1FF);
        As.User.Run("image", "stage", "--dir", open, image).IsFatal("other users can change what is in it");

        // A place that somebody else has made for the copy, before us, in a directory where all may.
        string shared = Host.Directory();
        File.SetUnixFileMode(shared, (UnixFileMode)0x3FF);
        As.OtherUser.Run("image", "stage", "--dir", shared, image).Succeeds();
        As.User.Run("image", "stage", "--dir", shared, image).IsFatal("other users can change what is in it");
    }

    [Fact]
    public void A_broadcast_file_of_another_name_runs_as_it_is()
    {
        // As `sbcast image.sif /tmp/job-17` leaves it: mode 0755 of the user, any name, in a directory that is read-only.
        string directory = Host.Directory();
        File.Copy(Image("image.sif"), $"{directory}/job-17.0:rank");
        File.SetUnixFileMode($"{directory}/job-17.0:rank", Modes.Everybody);
        As.User.Run("exec", $"{directory}/job-17.0:rank", "echo", "runs").Prints("runs");
        Assert.Single(Directory.GetFileSystemEntries(directory));
    }

    [Fact]
    public void Sixty_four_processes_pull_and_convert_an_image_once()
    {
        using var registry = new LocalRegistry();
        registry.Put("tools", "1");
        string cache = Host.Directory(TestUser.First);
        Caller user = As.User.With($"APPTAINER_CACHEDIR={cache}", "APPTAINER_NO_HTTPS=1") with { Timeout = TimeSpan.FromSeconds(180) };
        var running = new List<Running>();
        for (int i = 0; i < 64; i++)
        {
            running.Add(user.Start("-v", "exec", $"docker://{registry.Host}/tools:1", "cat", "/hello"));
        }

        Result[] results = [.. running.Select(one => one.Wait().Ends(0))];
        Assert.All(results, result => Assert.Equal("from a registry", result.Line));
        Assert.Equal(3, registry.Gets("/blobs/"));      // two layers and a configuration
        Assert.Equal(1, results.Count(result => result.Err.Contains("Converting OCI blobs", StringComparison.Ordinal)));
        Assert.Single(Directory.GetFiles($"{cache}/cache/oci-tmp"));
        Assert.Empty(Directory.GetFiles($"{cache}/cache/locks"));
    }

    /// <summary>An image of its own, in a directory of its own that the user can read only.</summary>
    private static string Image(string name) => Images.New().File("/name", $"{name} {Random.Shared.Next()}\n").Sif(name);

    private static string Hash(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));

    /// <summary>Does as if a copy was last asked for so many seconds ago.</summary>
    private static void Age(string copy, long seconds)
        => Host.Run("touch", "-d", $"@{DateTimeOffset.UtcNow.ToUnixTimeSeconds() - seconds}", $"{Path.GetDirectoryName(copy)}/used", $"{Path.GetDirectoryName(copy)}/digest");
}

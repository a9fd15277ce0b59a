using System;
using System.Collections.Generic;
using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Formats;

/// <summary>SIF files between us, the kernel and the peers' siftool: each reads what another wrote.</summary>
public class PeerToolTests
{
    [Fact]
    public void The_kernel_mounts_the_partition_of_our_file_where_the_table_says()
    {
        ImageTree tree = Images.New().File("/opt/content", "content\n", Modes.OwnerOnly);
        string image = tree.Sif(), mounted = Host.Directory();
        string place = Objects(image).Find(line => line.Contains("Squashfs", StringComparison.Ordinal))!.Split('|')[3];
        Host.Run("mount", "-t", "squashfs", "-o", $"loop,ro,offset={place[..place.IndexOf('-', StringComparison.Ordinal)].Trim()}", image, mounted);
        try
        {
            Assert.Equal("content\n", File.ReadAllText(mounted + "/opt/content"));
            Assert.Equal(Modes.OwnerOnly, File.GetUnixFileMode(mounted + "/opt/content"));
            Host.Run("diff", "-r", "--no-dereference", tree.Path + "/bin", mounted + "/bin");
            Host.Run("diff", "-r", "--no-dereference", tree.Path + "/etc", mounted + "/etc");
        }
        finally
        {
            Host.Run("umount", mounted);
        }
    }

    [Fact]
    public void Siftool_says_of_our_file_what_we_say()
    {
        string image = Images.New().Sif();

        List<string> objects = Agreed(image);

        Assert.InRange(objects.Count, 2, 48);
        foreach (string line in objects)
        {
            string id = line.Split('|')[0].Trim();
            string info = Siftool("info", id, image);
            Assert.Contains("Size:", info, StringComparison.Ordinal);
            Assert.Equal(info, As.User.Run("sif", "info", id, image).Succeeds().Out);
            if (!line.Contains("Squashfs", StringComparison.Ordinal))
            {
                Assert.Equal(Siftool("dump", id, image), As.User.Run("sif", "dump", id, image).Succeeds().Out);
            }
        }
    }

    [Fact]
    public void Either_reads_what_the_other_changed()
    {
        string image = Images.New().Sif();
        string theirs = Host.Write($"{Host.Directory()}/theirs", "a note of theirs\n"), ours = Host.Write($"{Host.Directory()}/ours", "a note of ours\n");
        int before = Agreed(image).Count;

        Siftool("add", "--datatype", "7", image, theirs);
        string first = Agreed(image)[^1].Split('|')[0].Trim();
        Assert.Equal("a note of theirs\n", As.User.Run("sif", "dump", first, image).Succeeds().Out);

        As.Root.Run("sif", "add", "--datatype", "7", image, ours).Succeeds();
        string second = Agreed(image)[^1].Split('|')[0].Trim();
        Assert.Equal("a note of ours\n", Siftool("dump", second, image));

        Siftool("del", second, image);
        As.Root.Run("sif", "del", first, image).Succeeds();
        Assert.Equal(before, Agreed(image).Count);
        As.User.Run("exec", image, "echo", "runs").Prints("runs");
    }

    [Fact]
    public void A_file_that_siftool_made_runs()
    {
        string image = $"{Host.Directory()}/theirs.sif";
        Siftool("new", image);
        Siftool("add", "--datatype", "4", "--partfs", "1", "--parttype", "1", "--partarch", "2", "--groupid", "1", image, Images.New().SquashFs());
        Siftool("setprim", Agreed(image)[^1].Split('|')[0].Trim(), image);

        As.User.Run("exec", image, "echo", "runs").Prints("runs");
        As.Root.Run("exec", image, "echo", "runs").Prints("runs");
    }

    private static string Siftool(params string[] arguments)
    {
        Need.Program("siftool");
        return Host.Run(["siftool", .. arguments]);
    }

    /// <summary>The objects, a line each, on which siftool and we agree.</summary>
    private static List<string> Agreed(string image)
    {
        Assert.Equal(Siftool("header", image), As.User.Run("sif", "header", image).Succeeds().Out);
        Assert.Equal(Siftool("list", image), As.User.Run("sif", "list", image).Succeeds().Out);
        return Objects(image);
    }

    private static List<string> Objects(string image)
        => [.. Array.FindAll(As.User.Run("sif", "list", image).Succeeds().Lines, line => line.Length > 0 && char.IsAsciiDigit(line[0]))];
}

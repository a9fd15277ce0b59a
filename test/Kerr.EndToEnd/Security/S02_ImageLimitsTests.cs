using System;
using System.IO;
using Kerr.EndToEnd.Configuration;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>
/// S02: limits of a site on images hold for each way to bring one in, and an overlay whose directories are links leads nowhere
/// (Singularity 2.4.1 lost a limit in a merge, and followed such links). DirectiveTests has the other directives.
/// </summary>
public class S02_ImageLimitsTests
{
    private static readonly TestUser User = TestUser.First;

    /// <summary>Images of the user that the site does not allow, in each place where an image can stand.</summary>
    public static TheoryData<string, string> Ways => new()
    {
        { "image", "limit container owners = root" },
        { "image", "limit container groups = root, nogroup" },
        { "image", "limit container paths = /usr, /opt" },
        { "image", "allow container sif = no" },
        { "unpacked", "limit container owners = root" },
        { "unpacked", "limit container paths = /usr, /opt" },
        { "unpacked", "allow container sif = no" },
        { "overlay", "limit container owners = root" },
        { "overlay", "limit container paths = /usr, IMAGES" },
        { "overlay", "allow container squashfs = no" },
        { "directory overlay", "limit container owners = root" },
        { "bind", "limit container owners = root" },
        { "bind", "allow container squashfs = no" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Hold_for_each_way_to_bring_in_an_image(string way, string line)
    {
        string[] launch = Launch(way);
        As.User.Run(launch).Shows("ran");
        line = line.Replace("IMAGES", Path.GetDirectoryName(Images.Sif), StringComparison.Ordinal);
        string directive = line[..line.IndexOf(" =", StringComparison.Ordinal)];
        As.User.Run(["-c", ConfigurationFile.With(line), .. launch]).IsFatal($"`{directive} =");
        As.Fakeroot.Run(["-c", ConfigurationFile.With(line), .. launch]).IsFatal($"`{directive} =");
        As.Root.Run(["-c", ConfigurationFile.With(line), .. launch]).Ends(0).Shows("ran");
    }

    [Theory]
    [InlineData("limit container owners = nobody, root")]
    [InlineData("limit container owners = 0")]
    [InlineData("limit container groups = root")]
    [InlineData("limit container paths = /usr, RUN")]
    [InlineData("limit container paths = RUN/")]
    public void Let_through_what_they_allow(string line)
        => As.User.Run("-c", ConfigurationFile.With(line.Replace("RUN", Tree.Run, StringComparison.Ordinal)), "exec", Images.Sif, "echo", "ran").Prints("ran");

    [Theory]
    [InlineData("limit container owners = nosuchuser")]
    [InlineData("limit container owners = 00")]
    [InlineData("limit container groups = nosuchgroup")]
    [InlineData("limit container paths = /no/such/directory")]
    public void Allow_nothing_when_what_they_name_is_not_there(string line)
        => As.User.Run("-c", ConfigurationFile.With(line), "exec", Images.Sif, "true").IsFatal("limit container");

    [Theory]
    [InlineData("limit container paths = images")]
    [InlineData("limit container paths = /usr, ../images")]
    [InlineData("limit container paths = /usr/../opt")]
    public void Are_refused_when_they_could_never_hold(string line)
        => As.User.Run("-c", ConfigurationFile.With(line), "exec", Images.Sif, "true").IsFatal("takes absolute paths without '..'");

    [Fact]
    public void Say_whom_they_bind_when_they_are_read()
        => As.User.Run("-v", "-c", ConfigurationFile.With("limit container owners = root"), "exec", Images.Sif, "true").Succeeds().Warns("steps around them");

    [Fact]
    public void Encrypted_images_are_told_from_others()
    {
        string file = $"{Host.Directory()}/encrypted.sif";
        byte[] bytes = File.ReadAllBytes(Images.Sif);
        MarkEncrypted(bytes);
        File.WriteAllBytes(file, bytes);
        As.User.Run("-c", ConfigurationFile.With("allow container encrypted = no"), "exec", file, "true").IsFatal("`allow container encrypted = no`");
        Assert.DoesNotContain("allow container", As.User.Run("exec", file, "true").Ends(255).Err, StringComparison.Ordinal);
        As.User.Run("-c", ConfigurationFile.With("allow container encrypted = no"), "exec", Images.Sif, "echo", "ran").Prints("ran");
    }

    [Theory]
    [InlineData(Profile.User, "upper")]
    [InlineData(Profile.User, "work")]
    [InlineData(Profile.Fakeroot, "upper")]
    [InlineData(Profile.Root, "upper")]
    [InlineData(Profile.Root, "work")]
    public void An_overlay_whose_directories_are_links_is_refused(Profile profile, string name)
    {
        var canary = new HostTree();
        string overlay = Host.Directory(TestUser.First);
        Directory.CreateSymbolicLink($"{overlay}/{name}", canary.Path);
        As.By(profile).Run("exec", "--overlay", overlay, Images.Directory, "sh", "-c", "echo written > /etc/passwd; echo written > /new").IsFatal(overlay);
        canary.CheckUnchanged();
    }

    private static string[] Launch(string way)
    {
        switch (way)
        {
            case "image":
                return ["exec", Own(), "echo", "ran"];
            case "unpacked":
                return ["exec", "--unsquash", Own(), "echo", "ran"];
            case "directory overlay":
                return ["exec", "--overlay", Host.Directory(User), Images.Sif, "echo", "ran"];
            default:
                string squashFs = Host.Own(new ImageTree().Directory("/etc").SquashFs(), User);
                return way == "overlay" ? ["exec", "--overlay", squashFs + ":ro", Images.Sif, "echo", "ran"]
                    : ["exec", "-B", $"{squashFs}:/mnt:image-src=/", Images.Sif, "echo", "ran"];
        }
    }

    private static string Own()
    {
        string copy = $"{Host.Directory()}/own.sif";
        File.Copy(Images.OwnSif, copy);
        return Host.Own(copy, User);
    }

    /// <summary>Changes what the descriptor of the primary partition says of its file system.</summary>
    private static void MarkEncrypted(byte[] sif)
    {
        const int descriptorSize = 585, partition = 0x4004, fileSystemAt = 201, encryptedSquashFs = 5;
        int table = (int)BitConverter.ToInt64(sif, 96), count = (int)BitConverter.ToInt64(sif, 88), changed = 0;
        for (int at = table; at < table + (count * descriptorSize); at += descriptorSize)
        {
            if (BitConverter.ToInt32(sif, at) == partition && sif[at + 4] != 0)
            {
                BitConverter.TryWriteBytes(sif.AsSpan(at + fileSystemAt), encryptedSquashFs);
                changed++;
            }
        }

        Assert.Equal(1, changed);
    }
}

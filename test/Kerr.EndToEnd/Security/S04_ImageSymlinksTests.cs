using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S04: an image whose directories are symlinks to a directory of the host cannot have anything written there.</summary>
public class S04_ImageSymlinksTests
{
    private static readonly string[] Linked = ["/etc", "/dev", "/tmp", "/proc", "/sys", "/.singularity.d", "/home", "/root", "/var", "/mnt"];

    public static TheoryData<Profile, string> Launches
    {
        get
        {
            var rows = new TheoryData<Profile, string>();
            foreach (Profile profile in (Profile[])[Profile.User, Profile.Fakeroot, Profile.Root])
            {
                foreach (string options in (string[])
                    ["", "-C", "-c", "--writable-tmpfs", "--overlay DIRECTORY", "--underlay", "--writable", "-B /usr:/mnt/deep/er", "--scratch /mnt/scratch", "--pwd /mnt/x"])
                {
                    rows.Add(profile, options);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Launches))]
    public void The_host_behind_links_of_the_image_stays_as_it_is(Profile profile, string options)
    {
        var canary = new HostTree();
        ImageTree image = Images.New();
        foreach (string directory in Linked)
        {
            image.Without(directory).Link(directory, canary.Path);
        }

        image.OwnedBy(TestUser.First);
        foreach (string action in (string[])["exec", "run", "shell", "test"])
        {
            string[] words = options.Replace("DIRECTORY", Host.Directory(TestUser.First), System.StringComparison.Ordinal)
                .Split(' ', System.StringSplitOptions.RemoveEmptyEntries);
            string[] command = action switch { "exec" => ["/bin/true"], "shell" => ["-c", "true"], _ => [] };
            Result result = As.By(profile).Run([action, .. words, image.Path, .. command]);
            Assert.True(result.ExitCode is 0 or 255, $"expected a launch or a refusal\n{result}");
            canary.CheckUnchanged();
        }
    }

    [Fact]
    public void A_link_inside_the_image_is_followed_inside_the_image()
    {
        string image = Images.New().Without("/mnt").Link("/mnt", "/srv/deep").Directory("/srv/deep").Path;
        As.User.Run("exec", "-B", "/usr/share:/mnt/here", image, "/bin/ls", "-d", "/srv/deep/here/doc").Prints("/srv/deep/here/doc");
    }

    [Theory]
    [InlineData(Profile.User, "")]
    [InlineData(Profile.Root, "")]
    [InlineData(Profile.Fakeroot, "")]
    [InlineData(Profile.User, "--underlay")]
    [InlineData(Profile.Root, "--underlay")]
    public void Nothing_is_made_where_a_link_of_the_image_leads_into_what_is_bound_in(Profile profile, string option)
    {
        string bound = Host.Directory(TestUser.First), other = Host.Directory();
        Host.Write($"{other}/file", "x\n");
        string image = Images.New().Directory("/data").Directory("/deep").Link("/link", "/data/sub").Link("/deep/up", "../data").Link("/deep/chain", "up").Path;
        string[] options = option.Length == 0 ? [] : [option];
        foreach (string target in (string[])["/link/new", "/link", "/deep/up/new", "/deep/chain/a/b"])
        {
            As.By(profile).Run(["exec", .. options, "-B", $"{bound}:/data", "-B", $"{other}:{target}", image, "true"]).IsFatal("a link of the image leads from there into what is bound in");
            Assert.Empty(System.IO.Directory.GetFileSystemEntries(bound));
        }

        // By its own name, or by a link of the host, the place is the user's to name.
        System.IO.Directory.CreateDirectory($"{bound}/real");
        Host.Own($"{bound}/real", TestUser.First);
        System.IO.File.CreateSymbolicLink($"{bound}/own", "real");
        foreach (string target in (string[])["/data/new", "/data/own/new"])
        {
            As.By(profile).Run(["exec", .. options, "-B", $"{bound}:/data", "-B", $"{other}:{target}", image, "cat", $"{target}/file"]).Shows("x");
        }

        Assert.True(System.IO.Directory.Exists($"{bound}/new") && System.IO.Directory.Exists($"{bound}/real/new"));
        As.By(profile).Run(["exec", .. options, "-B", $"{bound}:/data", "-B", $"{other}:/deep/up/new", image, "cat", "/data/new/file"]).Shows("x");      // it is there now
    }
}

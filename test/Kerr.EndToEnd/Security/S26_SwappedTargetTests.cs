using System;
using System.Globalization;
using System.IO;
using Kerr.EndToEnd.Faults;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>
/// S26, S34: somebody who may write an image exchanges a directory above a mount's target with a link to the host while launches go on
/// (CVE-2021-30465, CVE-2026-87766). Nothing is mounted or made where the link leads.
/// </summary>
public class S26_SwappedTargetTests : IDisposable
{
    private const int Tests = 7;

    // Not below /tmp or a home: those are shown inside, and a link that leads there is right to.
    private readonly string trap = $"/srv/kerr-trap-{Guid.NewGuid():N}";

    public S26_SwappedTargetTests()
    {
        Directory.CreateDirectory($"{trap}/er");
        Host.Write($"{trap}/file", "canary\n");
    }

    public void Dispose()
    {
        Directory.Delete(trap, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void The_race_is_won_against_who_looks_a_path_up_twice()
    {
        string image = Prepare();
        using Running racing = Race(image);
        string script = $"i=0; while [ $i -lt 20000 ]; do mkdir -p {image}/mnt/deep/er/new 2>/dev/null; [ -e {trap}/er/new ] && exit 33; i=$((i+1)); done";
        As.Root.Named("/bin/sh").Run("-c", script).Ends(33);
        racing.Signal(9).Wait();
    }

    [Theory]
    [InlineData(Profile.User, "")]
    [InlineData(Profile.User, "--underlay")]
    [InlineData(Profile.User, "-C --writable-tmpfs")]
    [InlineData(Profile.Fakeroot, "--overlay DIRECTORY")]
    [InlineData(Profile.Root, "")]
    [InlineData(Profile.Root, "--writable")]
    [InlineData(Profile.Root, "--underlay")]
    public void The_host_stays_as_it_is(Profile profile, string options)
    {
        string image = Prepare();
        string[] words = options.Replace("DIRECTORY", Host.Directory(TestUser.First), StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string before = Listing(trap);
        using Running racing = Race(image);
        int ran = 0, rounds = Rounds.Of(15, Tests);
        bool comesThrough = !options.Contains("writable", StringComparison.Ordinal);

        // Most launches meet the link and are refused; some must not, else nothing was raced for.
        for (int i = 0; i < rounds || (comesThrough && ran == 0 && i < rounds * 40); i++)
        {
            Result result = As.By(profile).Run(["exec", .. words,
                "-B", "/usr/share:/mnt/deep/er", "-B", "/usr/share:/mnt/deep/made", "-B", "/etc/hostname:/mnt/deep/file", image, "echo", "ran"]);
            Assert.True(result.ExitCode is 0 or 255, result.ToString());
            ran += result.ExitCode == 0 ? 1 : 0;
            Assert.Equal(before, Listing(trap));
        }

        racing.Signal(9).Wait();
        Assert.True(ran > 0 || !comesThrough, "no launch came through");
    }

    [Fact]
    public void A_link_inside_the_image_is_followed_inside()
    {
        foreach (string target in (string[])["/run", "../run", "../../../../run"])
        {
            string image = Images.New().Directory("/run").Link("/var/run", target).Path;
            As.User.Run("exec", "-B", "/usr/share:/var/run/made", image, "sh", "-c", "ls -d /run/made/doc /var/run/made/doc").Prints("/run/made/doc\n/var/run/made/doc");
        }
    }

    /// <summary>An image that the user owns, with a directory and, beside it, a link to the directory of the host.</summary>
    private string Prepare() => Images.New().Directory("/mnt/deep/er").File("/mnt/deep/file", "").Link("/mnt/trap", trap).OwnedBy(TestUser.First).Path;

    private static Running Race(string image)
        => As.User.Named(Programs.Racer).Start($"{image}/mnt/deep", $"{image}/mnt/trap").WaitFor("racing");

    private static string Listing(string directory)
    {
        string text = "";
        foreach (string path in Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories))
        {
            FileInfo file = new(path);
            text += string.Create(CultureInfo.InvariantCulture, $"{path} {file.Attributes} {file.UnixFileMode} {file.LastWriteTimeUtc.Ticks}\n");
        }

        return text + File.ReadAllText($"{directory}/file");
    }
}

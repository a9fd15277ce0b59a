using System;
using System.IO;
using System.Linq;
using Kerr.EndToEnd.Faults;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>
/// S39, S40, S16: the privileged half joins nothing, merges only what is its own, takes no option of a user's, and mounts by the kernel no image that
/// somebody else could change, whatever it is asked and in whatever order (Sarus, firejail, libfuse CVE-2018-10906, CVE-2023-30549).
/// </summary>
public sealed class S39_HostileRequestTests : IClassFixture<HostileTree>
{
    private const string Session = "7 0 0 0", Refused = " -1";
    private readonly HostileTree hostile;

    public S39_HostileRequestTests(HostileTree hostile)
    {
        this.hostile = hostile;
        hostile.Tree.Configure();
    }

    private static string Image => "10 0 0 0 " + Images.Directory + " s:image";

    [Theory]
    [InlineData("5 0x10000000 0 0")]                // CLONE_NEWUSER
    [InlineData("5 0x20000 0 0")]                   // CLONE_NEWNS: it has its own
    [InlineData("5 0x2000000 0 0")]                 // CLONE_NEWCGROUP
    [InlineData("5 0xffffffffffffffff 0 0")]
    [InlineData("6 1 0 0")]                         // fork without a PID namespace
    [InlineData("16 0 0 0")]                        // host name of the host
    [InlineData("17 0 0 0")]                        // loopback of the host
    [InlineData("11 0 0 0 /etc /tmp")]              // bind without a session
    [InlineData("18 0 0 0 /")]                      // enter the host's root
    [InlineData("12 0 0 0 /tmp")]
    [InlineData("10 0 0 0 / /tmp")]
    [InlineData("99 0 0 0")]
    public void Nothing_is_done_before_there_is_a_session(string request)
        => Assert.StartsWith(request[..request.IndexOf(' ', StringComparison.Ordinal)] + Refused, hostile.Ask(request).Out, StringComparison.Ordinal);

    [Theory]
    [InlineData("7 0 0 0")]                         // a second session
    [InlineData("18 0 0 0 /")]                      // a root without an image
    [InlineData("12 0 1 0 s:upper")]                // a new /proc would show what the host's hides
    [InlineData("12 0 3 0 s:upper")]                // mqueue of the host
    [InlineData("12 0 7 0 s:upper")]                // no such kind
    [InlineData("10 0 0 0 /usr /tmp")]              // an image over a place of the host
    [InlineData("15 0 0 0 s:root")]                 // an overlay of nothing
    public void What_a_session_does_not_allow_is_refused(string request)
    {
        string[] lines = hostile.Ask(Session, request).Lines;
        Assert.Equal(["7 0", request[..request.IndexOf(' ', StringComparison.Ordinal)] + Refused], lines);
    }

    [Fact]
    public void An_overlay_writes_to_the_session_only()
    {
        string own = Host.Directory(TestUser.First);
        Directory.CreateDirectory(own + "/upper");
        Directory.CreateDirectory(own + "/work");
        Host.Run("chown", "-R", TestUser.First.Name, own);
        string[] lines = hostile.Ask(Session, Image, "14 0 0 0 s:image", $"15 0 0 0 s:root {own}/upper {own}/work", "14 0 0 0 s:image", "15 0 0 0 s:root /etc /etc", "14 0 0 0 s:image", "15 0 0 0 s:root s:upper s:work").Lines;
        Assert.Equal(["7 0", "10 0", "14 0", "15 -1", "14 0", "15 -1", "14 0", "15 0"], lines);
    }

    [Fact]
    public void Images_and_namespaces_come_before_everything_that_a_user_mounts()
    {
        string sif = SetuidLaunchTests.Copy(Images.Sif, hostile.Tree.Images + "/late.sif");
        string[] lines = hostile.Ask(
            Session, "11 0 0 0 /usr /usr", $"8 0 4096 0 r:{sif} s:image", $"9 0 0 0 r:{sif} s:image", $"9 0 0 0 r:{sif} s:image /dev/fuse", Image, "5 0x20000000 0 0").Lines;
        Assert.Equal(["7 0", "11 0", "8 -1", "9 -1", "9 -1", "10 -1", "5 -1"], lines);
    }

    [Theory]
    [InlineData("mount --bind /etc/hostname /proc/version")]
    [InlineData("mount -t proc -o subset=pid proc /proc")]
    [InlineData("mount -t tmpfs none /proc/sys")]
    public void No_new_proc_shows_what_the_hosts_hides(string cover)
    {
        string[] lines = hostile.On(cover, "5 0x20000000 0 0", "6 0 0 0", Session, "12 0 1 0 s:upper").Lines;
        Assert.Equal(["5 0", "6 0", "7 0", "12 -1"], lines);
        Assert.Equal(["5 0", "6 0", "7 0", "12 0"], hostile.On("true", "5 0x20000000 0 0", "6 0 0 0", Session, "12 0 1 0 s:upper").Lines);
    }

    /// <summary>The root is a mount of a checked image, or an overlay with one below: nothing else that lies where that would be, nor a part of one.</summary>
    [Theory]
    [InlineData("", true, "11 0 0 0 s:image s:root", "18 0 0 0 s:root")]
    [InlineData("", true, "14 0 0 0 s:upper", "14 0 0 0 s:image", "15 0 0 0 s:root", "18 0 0 0 s:root")]
    [InlineData("", false, "11 0 0 0 OWN s:root", "18 0 0 0 s:root")]                                                  // bound
    [InlineData("", false, "11 0 0 0 s:image s:root", "11 0 0 0 OWN s:root", "18 0 0 0 s:root")]                       // bound over it
    [InlineData("", false, "11 0 0 0 OWN s:image", "18 0 0 0 s:image")]
    [InlineData("", false, "11 0 0 0 OWN s:image", "14 0 0 0 s:image", "15 0 0 0 s:root", "18 0 0 0 s:root")]          // the layer is refused
    [InlineData("", false, "14 0 0 0 OWN", "14 0 0 0 s:image", "15 0 0 0 s:root", "18 0 0 0 OWN")]
    [InlineData("", false, "11 0 0 0 OWN s:upper", "14 0 0 0 s:upper", "15 0 0 0 s:root", "18 0 0 0 s:root")]
    [InlineData("", false, "18 0 0 0 OWN")]
    [InlineData("", false, "18 0 0 0 s:image/etc")]                                                                    // a part of the image
    [InlineData("", false, "11 0 0 0 s:image/etc s:root", "18 0 0 0 s:root")]
    [InlineData("", false, "11 0 0 0 s:image/etc s:image", "18 0 0 0 s:image")]
    [InlineData("", false, "14 0 0 0 s:upper", "14 0 0 0 s:image/etc", "15 0 0 0 s:root", "18 0 0 0 s:root")]
    [InlineData("", false, "12 0 0 0 s:root", "18 0 0 0 s:root")]                                                      // a tmpfs
    [InlineData("", true, "18 0 0 0 s:")]                                                                              // an underlay
    [InlineData("limit container owners = root", false, "18 0 0 0 s:")]
    [InlineData("limit container owners = root", false, "14 0 0 0 s:upper", "15 0 0 0 s:root", "18 0 0 0 s:root")]     // an overlay of nothing else
    [InlineData("limit container owners = root", true, "14 0 0 0 s:upper", "14 0 0 0 s:image", "15 0 0 0 s:root", "18 0 0 0 s:root")]
    public void The_root_is_an_image_that_was_checked(string directive, bool enters, params string[] requests)
    {
        string own = new ImageTree().Directory("/etc").OwnedBy(TestUser.First).Path;
        hostile.Tree.Configure(directive.Length == 0 ? [] : [directive]);
        string[] lines = hostile.Ask([Session, Image, .. requests.Select(request => request.Replace("OWN", own, StringComparison.Ordinal))]).Lines;
        Assert.StartsWith(enters ? "payload" : "18 -", lines[^1], StringComparison.Ordinal);
    }

    /// <summary>From another mount namespace a user makes the kernel detach what is mounted on a directory of theirs: the next mount gets no number that was an image's.</summary>
    [Fact]
    public void A_mount_does_not_pass_for_an_image_that_was_detached()
    {
        hostile.Tree.Configure();
        string own = new ImageTree().Directory("/etc").OwnedBy(TestUser.First).Path;
        string[] lines = hostile.Ask(Session, Image, "detach image", "11 0 0 0 " + own + " s:root", "18 0 0 0 s:root").Lines;
        Assert.Equal(["7 0", "10 0", "detached", "11 0", "18 -1"], lines);
    }

    /// <summary>In a mount namespace of their own users give a file any path there is.</summary>
    [Fact]
    public void A_path_of_another_mount_namespace_does_not_meet_a_limit()
    {
        string allowed = Host.Directory(), own = Host.Directory(TestUser.First);
        SetuidLaunchTests.Copy(Images.Sif, own + "/own.sif", TestUser.First);
        SetuidLaunchTests.Copy(Images.Sif, allowed + "/own.sif");
        hostile.Tree.Configure($"limit container paths = {allowed}");
        using Running other = As.User.Named("/usr/bin/unshare").Start("-Urm", "sh", "-c", $"mount --bind {own} {allowed}; echo there; exec sleep 60").WaitFor("there");
        string there = $"/proc/{other.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture)}/root{allowed}/own.sif";

        hostile.Ask(Session, $"9 0 0 0 r:{there} s:image").Ends(255).Warns("limits images to certain directories");
        Assert.Equal(["7 0", "9 0"], hostile.Ask(Session, $"9 0 0 0 r:{allowed}/own.sif s:image").Lines);
        hostile.Tree.User.Run("exec", "--userns", there, "/bin/echo", "ran").IsFatal("limit container paths");
        hostile.Tree.User.Run("exec", "--userns", allowed + "/own.sif", "/bin/echo", "ran").Prints("ran");
        other.Signal(9).Wait();
    }

    /// <summary>What an administrator's path leads to is looked up before a user can put something else there.</summary>
    [Fact]
    public void A_bind_over_a_path_of_the_administrators_makes_nothing_bindable()
    {
        string own = Host.Directory(TestUser.First);
        Directory.CreateDirectory(own + "/etc");
        File.CreateSymbolicLink(own + "/etc/resolv.conf", "/srv");
        hostile.Tree.Configure("user bind control = no", $"bind path = {own}/etc");
        Result result = hostile.Ask(Session, Image, $"11 0 0 0 {own}/etc /etc", "11 0 0 0 /srv s:upper");
        result.Ends(255).Warns("lets users bind nothing");
        Assert.Equal(["7 0", "10 0", "11 0", "11 ended"], result.Lines);
    }

    [Theory]
    [InlineData("own", 0x1A4)]              // the user's file
    [InlineData("root, others write", 0x1B6)]
    [InlineData("root, in a directory of the user's", 0x1A4)]
    public void The_kernel_mounts_no_image_that_others_can_change(string whose, int mode)
    {
        hostile.Tree.Configure("allow setuid-mount squashfs = yes", "allow setuid-mount extfs = yes");
        string directory = whose.Contains("directory", StringComparison.Ordinal) ? Host.Directory(TestUser.First) : whose == "own" ? Host.Directory() : hostile.Tree.Images;
        string image = SetuidLaunchTests.Copy(Images.Sif, directory + "/image.sif", whose == "own" ? TestUser.First : null);
        File.SetUnixFileMode(image, (UnixFileMode)mode);

        Result result = hostile.Ask(Session, $"8 0 4096 0 r:{image} s:image");

        result.Ends(255).Warns("the kernel mounts only images that root alone can change");
        Assert.Equal("7 0\n8 ended\n", result.Out);
    }

    [Fact]
    public void No_ext3_reaches_the_kernels_driver()
    {
        hostile.Tree.Configure("allow setuid-mount squashfs = yes", "allow setuid-mount extfs = yes");
        string image = hostile.Tree.Images + "/image.ext3";
        Host.Run("mke2fs", "-q", "-t", "ext3", image, "4M");
        File.SetUnixFileMode(image, Modes.Readable);

        string[] lines = hostile.Ask(Session, $"8 0 4194304 0 r:{image} s:image").Lines;

        Assert.Equal("7 0", lines[0]);
        Assert.StartsWith("8 -", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", "99999999999")]        // beyond the end
    [InlineData("99999999999", "4096")]
    [InlineData("0xffffffffffffffff", "4096")]
    [InlineData("4096", "0xffffffffffffffff")]
    public void Numbers_beyond_the_image_are_refused(string offset, string size)
    {
        hostile.Tree.Configure("allow setuid-mount squashfs = yes");
        string sif = SetuidLaunchTests.Copy(Images.Sif, hostile.Tree.Images + "/beyond.sif");
        Assert.Equal(["7 0", "8 -22"], hostile.Ask(Session, $"8 {offset} {size} 0 r:{sif} s:image").Lines);
    }

    [Fact]
    public void Who_asks_rightly_becomes_a_payload_without_privilege()
    {
        string uid = TestUser.First.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string[] lines = hostile.Ask(Session, Image, "11 0 0 0 s:image s:root", "18 0 0 0 s:root").Lines;
        Assert.Equal("18 0", lines[^2]);
        Assert.Equal($"payload {uid} {uid} {uid} {uid} caps 0 0 bounding 0 regained 0 privileges 0", lines[^1]);
    }

    [Fact]
    public void S33_the_privileged_half_cannot_be_traced_and_its_memory_and_descriptors_not_read()
    {
        string[] lines = hostile.Ask("attack").Lines;
        Assert.Equal(12, lines.Length);
        Assert.All(lines.Where(static line => !line.StartsWith("maps", StringComparison.Ordinal)), static line => Assert.EndsWith(" closed", line, StringComparison.Ordinal));
    }

    /// <summary>Seeded: the number in the message of a failure makes it happen again.</summary>
    [Fact]
    public void Random_requests_gain_nothing()
        => GainNothing(seed => [.. seed % 2 == 0 ? (string[])[Session, Image] : [], $"fuzz {seed} 300"]);

    /// <summary>The requests of a launch that goes well, but for some that are damaged, sent twice, left out or in another order.</summary>
    [Fact]
    public void Damaged_requests_gain_nothing()
    {
        Assert.Contains("entered", hostile.Ask($"mutate 0 {Images.Directory}").Out, StringComparison.Ordinal); // undamaged it is one
        GainNothing(seed => [$"mutate {seed} {Images.Directory}"]);
    }

    private void GainNothing(Func<int, string[]> requests)
    {
        int rounds = Rounds.OfMutation(20);
        string uid = TestUser.First.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string before = Canary();
        for (int seed = 1; seed <= rounds; seed++)
        {
            Result result = hostile.Ask(requests(seed));
            Assert.True(result.Signal == 0 && result.ExitCode is 0 or 255, $"seed {seed}\n{result}");
            foreach (string line in result.Lines.Where(static line => line.StartsWith("payload", StringComparison.Ordinal)))
            {
                Assert.Equal($"payload {uid} {uid} {uid} {uid} caps 0 0 bounding 0 regained 0 privileges 0", line);
            }

            if (seed % 10 == 0 || seed == rounds)
            {
                Assert.Equal(before, Canary());
            }
        }
    }

    /// <summary>What a launch that went wrong might have changed on the host.</summary>
    private static string Canary() => Host.Run("sh", "-c", "hostname; stat -c '%u %g %a %s' /etc /etc/passwd /dev/null /tmp /usr/bin /root");
}

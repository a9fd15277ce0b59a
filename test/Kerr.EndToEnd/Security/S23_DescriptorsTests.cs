using System;
using System.Collections.Generic;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S23: no descriptor of ours is inside, and none of the caller's leads out as working directory (CVE-2024-21626).</summary>
public class S23_DescriptorsTests
{
    public static TheoryData<Profile, string, bool> Launches
    {
        get
        {
            var rows = new TheoryData<Profile, string, bool>();
            foreach (Profile profile in (Profile[])[Profile.User, Profile.Fakeroot, Profile.Root])
            {
                foreach (string options in (string[])["", "-C", "--pid --no-init", "--writable-tmpfs", "--underlay", "-B /usr:/mnt", "--net --network none --uts --ipc"])
                {
                    rows.Add(profile, options, false);
                    rows.Add(profile, options, true);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Launches))]
    public void Inside_are_the_callers_descriptors_only(Profile profile, string options, bool sif)
        => Check(As.By(profile), options, sif ? Images.Sif : Images.Directory);

    [Fact]
    public void Environment_scripts_leave_none_behind()
        => Check(As.User, "", Images.New().Script("/.singularity.d/env/10-some.sh", "export SOME=1\n").Path);

    [Fact]
    public void Numbers_that_we_use_ourselves_stay_the_callers()
    {
        Caller holding = As.User.Under("/bin/bash", "-c", "for i in {3..20} 100 101; do eval \"exec $i</etc/hostname\"; done; exec \"$@\"", "sh");
        Check(holding, "-C", Images.Sif);
        Check(holding, "", Images.New().Script("/.singularity.d/env/10-some.sh", "export SOME=1\n").Path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    public void The_callers_own_stay(string options)
    {
        string file = Host.Write(Host.Directory() + "/file", "from the caller\n");
        As.User.Under("/bin/sh", "-c", $"exec \"$@\" 7<{file}", "sh")
            .Run(["exec", .. Words(options), Images.Directory, "/bin/sh", "-c", "cat <&7"]).Prints("from the caller");
    }

    [Theory]
    [InlineData("/proc/self/fd/7")]
    [InlineData("/proc/self/fd/7/")]
    [InlineData("/proc/self/fd/../fd/7")]
    [InlineData("//proc/./self/fd/7/etc")]
    [InlineData("/proc/thread-self/fd/7")]
    [InlineData("/proc/self/task/../fd/7")]
    [InlineData("/dev/fd/7")]
    [InlineData("/link")]
    [InlineData("/proc/self/cwd")]
    [InlineData("/proc/self/root")]
    [InlineData("/proc/1/root")]
    public void A_working_directory_through_a_descriptor_is_refused(string directory)
    {
        ImageTree image = Images.New().Link("/link", "/proc/self/fd/7");
        foreach (string options in (string[])["", "-C"])
        {
            Caller holding = As.User.Under("/bin/sh", "-c", "exec \"$@\" 7</", "sh");
            Result result = holding.Run(["exec", .. Words(options), "--pwd", directory, image.Path, "/bin/ls", "-d", "."]).Ends(255);
            Assert.Contains("working directory", result.Err, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_callers_working_directory_does_not_come_along_when_it_is_hidden()
    {
        Result result = As.User.In("/var/log").Run("exec", "-C", Images.Directory, "/bin/sh", "-c", "/bin/pwd; ls /proc/self/cwd/..; cd ../../../..; ls");
        Assert.Equal(As.User.WorkingDirectory, result.Lines[0]);
        result.Hides("boot").Hides("media");
    }

    /// <summary>Compares with what a program finds that the same caller starts without us.</summary>
    private static void Check(Caller caller, string options, string image)
        => Assert.Equal(
            caller.Named(Programs.Inherited).Run("descriptors").Succeeds().Lines,
            caller.Run(["exec", .. Words(options), "-B", Programs.Inherited + ":/inherited", image, "/inherited", "descriptors"]).Succeeds().Lines);

    private static List<string> Words(string options) => [.. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
}

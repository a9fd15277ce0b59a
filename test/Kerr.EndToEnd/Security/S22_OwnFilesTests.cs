using System;
using System.Collections.Generic;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S22: nothing inside can open for writing what our processes are executed from, as in CVE-2019-5736.</summary>
public class S22_OwnFilesTests
{
    private static string? installation;

    /// <summary>A tree that the test user owns: file permissions protect nothing of it.</summary>
    private static string Installation
    {
        get
        {
            if (installation is null)
            {
                installation = Host.Directory() + "/tree";
                Tree.CopyTo(installation);
                Host.Run("chown", "-R", TestUser.First.Name, installation);
            }

            return installation;
        }
    }

    private static Caller Owner(Profile profile) => As.By(profile).Named(Installation + "/bin/kerr");

    [Fact]
    public void The_attack_works_where_nothing_hinders_it()
    {
        using Running running = As.User.Named(Own("sleep")).Start("30");
        As.User.Named(Programs.Hostile).Run("executables").Shows("/sleep");
        running.Signal(15).Wait();
    }

    [Theory]
    [InlineData(Profile.User, "-C")]
    [InlineData(Profile.User, "-C --no-init")]
    [InlineData(Profile.User, "--pid")]
    [InlineData(Profile.User, "")]
    [InlineData(Profile.Fakeroot, "-C")]
    [InlineData(Profile.Fakeroot, "--pid")]
    [InlineData(Profile.Fakeroot, "")]
    public void Executables_of_our_processes_cannot_be_written_from_inside(Profile profile, string options)
    {
        // Beside it a launch whose parent waits outside and whose appinit waits inside.
        using Running waiting = Owner(Profile.User).Start("exec", "--pid", Images.Directory, "/bin/sh", "-c", "echo ready; exec /bin/sleep 30");
        waiting.WaitFor("ready");

        List<string> line = ["exec", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        line.AddRange(["-B", $"{Programs.Hostile}:/hostile", Images.Directory, "/hostile", "executables"]);
        Result result = Owner(profile).Run([.. line]);
        waiting.Signal(15).Wait();
        result.Ends(1);
        Assert.Equal("refused: EACCES", result.Line);
    }

    [Fact]
    public void An_environment_script_gets_a_sealed_copy_of_the_starter_at_most()
    {
        string image = Images.New().Script("/.singularity.d/env/10-hostile.sh", """
            for descriptor in /proc/self/fd/*; do
                case $(readlink $descriptor) in
                    *kerr-starter*|*bin/kerr*) echo "the installed file: $descriptor" >&2 ;;
                    *memfd:*) { echo changed >$descriptor; } 2>/dev/null && echo "written: $descriptor" >&2; echo "seen" >&2 ;;
                esac
            done

            """).Path;

        Result result = Owner(Profile.User).Run("exec", image, "/bin/true").Succeeds().Warns("seen");
        Assert.DoesNotContain("installed", result.Err, StringComparison.Ordinal);
        Assert.DoesNotContain("written", result.Err, StringComparison.Ordinal);
    }

    /// <summary>A program that the test user owns.</summary>
    private static string Own(string applet)
    {
        string directory = Host.Directory(TestUser.First);
        System.IO.File.Copy("/bin/busybox", $"{directory}/{applet}");
        return Host.Own($"{directory}/{applet}", TestUser.First);
    }
}

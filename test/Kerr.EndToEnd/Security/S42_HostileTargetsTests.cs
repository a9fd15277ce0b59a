using Kerr.EndToEnd.Devices;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S42: an image whose injection targets are links out of it gets nothing written outside, and no step of an injection has a privilege or runs a program.</summary>
public class S42_HostileTargetsTests
{
    private static readonly string[] s_linked = ["/usr", "/opt", "/etc", "/dev", "/.singularity.d", "/lib"];

    public static TheoryData<Profile, string> Launches
    {
        get
        {
            var rows = new TheoryData<Profile, string>();
            foreach (Profile profile in (Profile[])[Profile.User, Profile.Root, Profile.Fakeroot])
            {
                foreach (string options in (string[])["--nv", "-C --nv", "--nv --rocm --intel-hpu --writable-tmpfs", "--device kerr.org/hostile=x", "-C --device kerr.org/hostile=x", "--nv --writable", "--device kerr.org/hostile=x --writable"])
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
        foreach (string directory in s_linked)
        {
            image.Without(directory).Link(directory, canary.Path);
        }

        image.OwnedBy(TestUser.First);
        string descriptions = Host.Directory();
        Host.Write($"{descriptions}/hostile.json", """
            {"cdiVersion": "0.5.0", "kind": "kerr.org/hostile", "devices": [{"name": "x", "containerEdits": {
              "deviceNodes": [{"path": "/dev/made/zero", "hostPath": "/dev/zero"}, {"path": "/etc/../../zero", "hostPath": "/dev/zero"}],
              "mounts": [{"hostPath": "{{MadeUpHost.Libraries}}/libcuda.so.550.1", "containerPath": "/usr/lib/libcuda.so.550.1"},
                         {"hostPath": "{{MadeUpHost.Libraries}}/ask", "containerPath": "{{canary.Path}}/../ask"}],
              "hooks": [{"hookName": "createContainer", "path": "/bin/false", "args": ["x", "create-symlinks", "--link", "../../../../etc/passwd::/opt/../../../passwd", "--link", "{{canary.Path}}::/usr/canary"]},
                        {"hookName": "createContainer", "path": "/bin/false", "args": ["x", "update-ldcache", "--folder", "/usr/lib", "--folder", "../../.."]}]}}]}
            """.Replace("{{MadeUpHost.Libraries}}", MadeUpHost.Libraries, System.StringComparison.Ordinal).Replace("{{canary.Path}}", canary.Path, System.StringComparison.Ordinal));
        Result result = As.By(profile).OnHost(MadeUpHost.Script).With($"PATH={MadeUpHost.Libraries}:{Caller.DefaultPath}")
            .Run(["exec", .. options.Split(' '), "--cdi-dirs", descriptions, image.Path, "/bin/true"]);
        Assert.True(result.ExitCode is 0 or 255, $"expected a launch or a refusal\n{result}");
        canary.CheckUnchanged();
        Assert.False(System.IO.File.Exists("/zero"));
        Assert.False(System.IO.File.Exists("/passwd"));
    }

    [Fact]
    public void A_program_of_the_users_PATH_is_not_given_more_than_the_user_has()
    {
        string directory = Host.Directory(TestUser.First);
        Host.Own(Host.Write($"{directory}/nvidia-smi", "#!/bin/sh\nid -u\n", Modes.Everybody), TestUser.First);
        As.User.OnHost(MadeUpHost.Script).With($"PATH={directory}:{Caller.DefaultPath}").Run("exec", "--nv", MadeUpHost.Image().Path, "nvidia-smi")
            .Prints(TestUser.First.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}

using System.IO;
using System.Text.RegularExpressions;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Cluster;

/// <summary>What glideinWMS looks at before it trusts a runtime, and how condor_ssh_to_job enters a job.</summary>
public class PilotTests
{
    private static Caller Pilot(string program) => As.User.Named(program).WithOnly("PATH=/usr/bin:/bin");

    [Theory]
    [InlineData("singularity")]
    [InlineData("apptainer")]
    public void The_probes_of_glideinWMS_find_what_they_look_for(string program)
    {
        Assert.Matches(@"^apptainer version [0-9]+\.[0-9]+\.[0-9]+", Pilot(program).Run("--version").Succeeds().Silent().Line);

        // The first line of uid_map: one id, the caller's own. On the host it would be that of all ids.
        string uid = TestUser.First.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string map = Pilot(program).Run("exec", "-C", Images.Sif, "cat", "/proc/self/uid_map").Succeeds().Silent().Lines[0];
        Assert.Equal($"{uid} {uid} 1", Regex.Replace(map.Trim(), " +", " "));

        Result failed = Pilot(program).Run("exec", "-C", "/no/such/image.sif", "true").Ends(255);
        Assert.Matches(new Regex("^FATAL: ", RegexOptions.Multiline), failed.Err);

        Pilot(program).Run("exec", "--pid", Images.Sif, "cat", "/proc/1/comm").Prints("appinit");
        Pilot(program).Run("exec", "-C", Images.Directory, "cat", "/proc/1/comm").Prints("appinit");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_shell_enters_a_job_by_its_namespaces(bool useSif)
    {
        Need.Program("nsenter");
        string scratch = Host.Directory(TestUser.First);
        using Running running = As.User.Named("singularity").WithOnly($"_CONDOR_SCRATCH_DIR={scratch}").In(scratch).Start(
            "-s", "exec", "-S", "/tmp", "-W", scratch, "--pwd", scratch, "-B", scratch, "--home", scratch, "-C", useSif ? Images.Sif : Images.Directory, "sh", "-c", "echo of the job > /tmp/f; echo ready; read line < /dev/console; sleep 100");
        running.WaitFor("ready");
        int job = running.Pid;
        for (int i = 0; i < 2; i++)
        {
            job = int.Parse(File.ReadAllText($"/proc/{job}/task/{job}/children").Split(' ')[0], null);
        }

        // The job may be root's to look into, but it is the user who enters.
        As.User.Named("/usr/bin/nsenter").Run(
            $"--target={job}", "--user", "--uts", "--pid", "--mount", "--preserve-credentials", "/bin/sh", "-c", "cat /tmp/f; cat /proc/1/comm; id -u; cat /etc/os-release | head -n 1; ls /proc | grep -c '^[0-9]'")
            .Shows($"of the job\nappinit\n{TestUser.First.Uid}\nID=busybox-test\n");
        running.Signal(15);
        running.Wait();
    }
}

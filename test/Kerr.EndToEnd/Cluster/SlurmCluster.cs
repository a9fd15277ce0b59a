using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Cluster;

/// <summary>Slurm as Debian has it: munge, a controller and four nodes on this host, in network and PID namespaces of their own, from their own configuration.</summary>
/// <remarks>
/// Each node has its own host name, processes and /dev/shm, as real ones have: by these MPI tells who is on its node, and names its segments. All of it ends with
/// the first process of the PID namespace.
/// </remarks>
internal sealed class SlurmCluster : IDisposable
{
    private const string Configuration = """
        ClusterName=kerr
        SlurmctldHost={host}(127.0.0.1)
        SlurmUser=root
        AuthType=auth/munge
        AuthInfo=socket={directory}/munge.socket
        SlurmctldPort=17000
        StateSaveLocation={directory}/state
        SlurmdSpoolDir={directory}/spool/%n
        TmpFS={directory}/tmp/%n
        SlurmctldPidFile={directory}/slurmctld.pid
        SlurmdPidFile={directory}/%n.pid
        ProctrackType=proctrack/linuxproc
        TaskPlugin=task/none
        SwitchType=switch/none
        SelectType=select/cons_tres
        SchedulerParameters=batch_sched_delay=0
        AccountingStorageType=accounting_storage/none
        JobAcctGatherType=jobacct_gather/none
        ReturnToService=2
        SlurmdParameters=config_overrides
        NodeName=n[1-4] NodeHostname={host} NodeAddr=127.0.0.1 Port=[17001-17004] CPUs=4
        PartitionName=all Nodes=ALL Default=YES State=UP

        """;

    // Open MPI does not talk over the loopback interface: hence the pair of virtual ones.
    private const string Script = """
        set -e
        ip link set lo up
        ip link add kerr0 type veth peer name kerr1
        ip link set kerr0 up
        ip link set kerr1 up
        ip address add 10.99.0.1/24 dev kerr0
        munged --foreground --force --socket=$1/munge.socket --key-file=$1/munge.key --pid-file=$1/munge.pid --log-file=$1/munge.log --seed-file=$1/munge.seed > $1/munge.out 2>&1 &
        while [ ! -S $1/munge.socket ]; do sleep 0.05; done
        slurmctld -D -c > $1/slurmctld.out 2>&1 &
        for node in n1 n2 n3 n4; do
            unshare --mount --uts --ipc --pid --fork --mount-proc --kill-child sh -ec "hostname $node; mount -t tmpfs -o mode=1777 tmpfs /dev/shm; exec slurmd -D -c -N $node" > $1/$node.out 2>&1 &
        done
        wait
        """;

    private readonly Process process;
    private readonly string directory;

    private SlurmCluster(Process process, string directory)
    {
        this.process = process;
        this.directory = directory;
    }

    public static SlurmCluster Start()
    {
        foreach (string program in (string[])["munged", "slurmctld", "slurmd", "srun", "unshare", "nsenter", "ip"])
        {
            Need.Program(program);
        }

        _ = TestUser.First;
        string directory = Host.Directory();
        foreach (string name in (string[])["state", "spool/n1", "spool/n2", "spool/n3", "spool/n4", "tmp/n1", "tmp/n2", "tmp/n3", "tmp/n4"])
        {
            Directory.CreateDirectory($"{directory}/{name}");
            File.SetUnixFileMode($"{directory}/{name}", name.StartsWith("tmp/", StringComparison.Ordinal) ? (UnixFileMode)0x3FF : Modes.Everybody);
        }

        byte[] key = new byte[1024];
        Random.Shared.NextBytes(key);
        File.WriteAllBytes($"{directory}/munge.key", key);
        File.SetUnixFileMode($"{directory}/munge.key", (UnixFileMode)0x100);
        Host.Write($"{directory}/slurm.conf", Configuration.Replace("{host}", Environment.MachineName, StringComparison.Ordinal).Replace("{directory}", directory, StringComparison.Ordinal));
        Host.Write($"{directory}/cgroup.conf", "CgroupPlugin=cgroup/v1\n");    // read even where no plugin uses control groups
        var start = new ProcessStartInfo("unshare", ["--net", "--pid", "--mount-proc", "--kill-child", "--fork", "sh", "-c", Script, "sh", directory]);
        start.Environment["SLURM_CONF"] = $"{directory}/slurm.conf";
        var cluster = new SlurmCluster(Process.Start(start)!, directory);
        cluster.AwaitNodes();
        return cluster;
    }

    /// <summary>An ordinary user on the submit host.</summary>
    public Caller User => As.User.With($"SLURM_CONF={directory}/slurm.conf") with
    {
        User = null,
        Wrapper = ["nsenter", "-t", First, "--net", "--pid", "--mount", $"--wd={TestUser.First.Home}", .. TestUser.First.Command],
        Timeout = TimeSpan.FromSeconds(90),
    };

    /// <summary>Runs `srun` as the user.</summary>
    public Result Run(params string[] arguments) => User.Named("/usr/bin/srun").Run([$"--chdir={TestUser.First.Home}", .. arguments]);

    public void Dispose()
    {
        process.Kill();     // its only child, the first process of the namespace, is killed with it, and with that one all others
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>The number of the first process inside, as it is seen from here.</summary>
    private string First => File.ReadAllText($"/proc/{process.Id.ToString(CultureInfo.InvariantCulture)}/task/{process.Id.ToString(CultureInfo.InvariantCulture)}/children").Trim();

    private void AwaitNodes()
    {
        string seen = "";
        for (int i = 0; i < 300; i++)
        {
            if (First.Length > 0 && File.Exists($"{directory}/slurmctld.out"))
            {
                Result result = (User with { Timeout = TimeSpan.FromSeconds(30) }).Named("/usr/bin/sinfo").Run("-h", "-N", "-o", "%t");
                seen = result.Out + result.Err;
                if (result.Out == "idle\nidle\nidle\nidle\n")
                {
                    return;
                }
            }

            Thread.Sleep(100);
        }

        foreach (string log in Directory.GetFiles(directory, "*.out"))
        {
            seen += $"--- {Path.GetFileName(log)}\n{File.ReadAllText(log)}";
        }

        Dispose();
        Assert.Fail($"the nodes of the test cluster do not come up: {seen}");
    }
}

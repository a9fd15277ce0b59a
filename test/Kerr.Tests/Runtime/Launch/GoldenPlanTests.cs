using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Cli;
using Kerr.Cli.Commands;
using Kerr.Cli.Commands.Actions;
using Kerr.Image;
using Kerr.Linux.Files;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;
using Kerr.Tests.Cli;
using Kerr.Tests.Image.Elf;
using Kerr.Tests.Runtime.Devices;
using Xunit;

namespace Kerr.Tests.Runtime.Launch;

/// <summary>
/// What `kerr explain --json` says of varied command lines, on a made-up host and images: planning needs no privilege and
/// no kernel feature.
/// </summary>
public class GoldenPlanTests
{
    [Theory]
    [InlineData("exec-directory", "exec /images/tree id")]
    [InlineData("exec-sif", "exec /images/image.sif python3 -c print(1)")]
    [InlineData("exec-contained", "exec -C --hostname node7 /images/tree id")]
    [InlineData("exec-compat", "exec --compat /images/image.sif id")]
    [InlineData("run-binds", "run -B /data:/mnt/data:ro,/tmp -B /data/file:/etc/setting --mount type=bind,source=/data,destination=/other,ro /images/tree a b")]
    [InlineData("shell-home", "shell --home /data:/home/me --workdir /job --scratch /scratch --no-mount tmp,sys /images/tree")]
    [InlineData("test-environment", "test --cleanenv --env A=1 --env B=$A --no-eval --dns 10.0.0.1,10.0.0.2 /images/tree")]
    [InlineData("exec-overlay", "exec --overlay /data/overlay --no-home --pwd /opt /images/image.sif id")]
    [InlineData("exec-overlay-network", "exec --overlay /net/overlay:rw /images/image.sif id")]
    [InlineData("exec-ext3", "exec /images/old.img id")]
    [InlineData("exec-fakeroot", "exec --fakeroot --writable-tmpfs --net --network none /images/tree id")]
    [InlineData("exec-condor", "-s exec -S /tmp -S /var/tmp -W /job --pwd /srv -B /job:/srv --home /job -C /images/image.sif /srv/job.sh a b")]
    [InlineData("exec-underlay-uts", "exec --underlay --uts --ipc --pid --no-init --no-umask --drop-caps all /images/tree sleep 1")]
    [InlineData("exec-nv", "exec -C --nv /images/tree nvidia-smi")]
    [InlineData("exec-nv-overlay", "exec --nv --overlay /data/overlay /images/image.sif id")]
    [InlineData("exec-cdi", "exec --contain --device vendor.org/gpu=one --cdi-dirs /data/cdi /images/tree id")]
    [InlineData("exec-mpi", "exec --mpi /images/tree id")]
    public void A_command_line_has_this_plan(string name, string commandLine)
    {
        string[] arguments = commandLine.Split(' ');
        MadeUpHost host = Host();
        Invocation invocation = CommandLineParser.Parse(arguments, ProgramName.Of("kerr"), host.Environment);
        LaunchAction action = Enum.Parse<LaunchAction>(invocation.Path, ignoreCase: true);
        LaunchRequest request = ActionRequest.Of(action, new ActionOptions(invocation));
        using ImageFacts image = Image(request.Image);

        LaunchPlan plan = Planner.Plan(request, SiteConfiguration.Default, image, host, new Installation("/opt/kerr"));

        Golden.Matches(name + ".json", Encoding.UTF8.GetString(Explanation.ToJson(plan)), "plans");
    }

    private static MadeUpHost Host()
    {
        var host = new MadeUpHost();
        foreach (string directory in (string[])["/data", "/data/file", "/data/overlay", "/job", "/proc", "/sys", "/dev", "/dev/fuse", "/etc/hosts", "/etc/localtime", "/etc/resolv.conf"])
        {
            host.Directories.Add(directory);
        }

        host.Programs["fuse2fs"] = "/usr/bin/fuse2fs";
        host.Programs["fuse-overlayfs"] = "/usr/bin/fuse-overlayfs";
        host.Directories.Add("/net/overlay");
        host.FileSystems["/net/overlay"] = 0x6969;
        MadeUpDevices.AddTo(host);
        return host;
    }

    private static ImageFacts Image(string path)
    {
        var file = path[^4..] switch
        {
            ".sif" => new ImageFile(path, ImageKind.Sif, new RootPartition(40960, 1 << 20, PartitionFileSystem.SquashFs, "zstd", true, 4), "amd64"),
            ".img" => new ImageFile(path, ImageKind.Ext3, new RootPartition(31, 1 << 20, PartitionFileSystem.Ext3, null, true, null)),
            _ => new ImageFile(path, ImageKind.Sandbox, null, "amd64"),
        };
        return new ImageFacts(file, path, new MadeUpTree(), 0xEF53, Writable: false);
    }

    /// <summary>An image with a shell and two environment scripts.</summary>
    private sealed class MadeUpTree : IImageTree
    {
        private static readonly FileTree s_libraries = MadeUpDevices.Container();
        private static readonly Dictionary<string, string> s_files = new()
        {
            ["/bin/sh"] = "",
            ["/.singularity.d/runscript"] = "#!/bin/sh\necho hello\n",
            ["/.singularity.d/env/01-base.sh"] = "# nothing\n",
            ["/.singularity.d/env/90-environment.sh"] = "export GREETING=\"${GREETING:-hello}\"\nexport LANG=C.UTF-8\n",
        };

        public bool TryStat(string path, out ImageEntry entry, bool follow = true)
        {
            entry = new ImageEntry(FileKind.Regular, 0x1ED, 0, 0, 0, 0);
            return s_files.ContainsKey(path) || s_libraries.TryStat(path, out _);
        }

        public byte[]? ReadFile(string path, int limit) => s_files.TryGetValue(path, out string? text) ? Encoding.Latin1.GetBytes(text) : s_libraries.ReadFile(path, limit);

        public byte[]? ReadStart(string path, int count) => ReadFile(path, count);

        public IReadOnlyList<string>? List(string path) => path == "/.singularity.d/env" ? ["01-base.sh", "90-environment.sh"] : s_libraries.List(path);

        public string? ReadLink(string path) => null;

        public void Dispose()
        {
        }
    }
}

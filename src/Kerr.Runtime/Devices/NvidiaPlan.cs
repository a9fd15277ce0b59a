using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Image.Elf;
using Kerr.Linux;
using Kerr.Runtime.Environment;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Devices;

/// <summary><c>--nv</c>: NVIDIA's libraries, programs and devices, without privilege and without NVIDIA's own tools.</summary>
internal static class NvidiaPlan
{
    private const string Persistence = "/run/nvidia-persistenced/socket";

    public static void Add(Injection injection)
    {
        PlanContext plan = injection.Plan;
        LaunchRequest request = plan.Request;
        if (!IsWanted(plan, out bool asked))
        {
            return;
        }

        string why = request.Nv ? request.Why("nv") : asked ? request.Why("nvccli") : "configuration: always use nv = yes";
        bool tool = request.NvidiaContainerCli || plan.Configuration.UseNvidiaContainerCli;
        if (!(tool ? AddByTool(injection, why) : AddByList(injection, why, asked)))
        {
            return;
        }

        foreach (string socket in (ReadOnlySpan<string>)[Persistence, "/var" + Persistence])
        {
            if (plan.Host.Stat(socket) is not null)
            {
                injection.Files.Add(new InjectedFile(socket, socket, false, why));
                break;
            }
        }

        if (DevicePlan.IsMinimal(plan))
        {
            AddDevices(injection, why);
        }
    }

    /// <param name="asked">Whether the user asked for it; else the configuration does.</param>
    public static bool IsWanted(PlanContext plan, out bool asked)
    {
        asked = plan.Request.Nv || plan.Request.NvidiaContainerCli;
        return !plan.Request.NoNv && (asked || plan.Configuration.AlwaysUseNv);
    }

    private static bool AddByList(Injection injection, string why, bool asked)
        => AcceleratorFiles.Add(
            injection, AcceleratorList.Read(injection.Plan.Host, injection.Plan.Installation.ConfDir + "/nvliblist.conf"), "nv", "/dev/nvidiactl",
            ["nvidia", "cuda"], why, asked);

    /// <summary>What nvidia-container-cli lists; it is asked as the user, and changes nothing. Without it the list of files is taken.</summary>
    private static bool AddByTool(Injection injection, string why)
    {
        PlanContext plan = injection.Plan;
        string? visible = HostDevices.Variable(plan.Host, "NVIDIA_VISIBLE_DEVICES");
        if (visible is null)
        {
            plan.Notes.Info("Setting 'NVIDIA_VISIBLE_DEVICES=all' to emulate legacy GPU binding.");
            visible = "all";
        }

        string? tool = plan.Host.FindProgram("nvidia-container-cli", plan.SearchPath);
        string? output = tool is null ? null : plan.Host.Output(tool, ["--user", "list", $"--device={visible}", "--libraries", "--binaries", "--ipcs", .. injection.With32 ? ["--compat32"] : (string[])[]]);
        if (output is null)
        {
            plan.Notes.Warn(tool is null
                ? "nvidia-container-cli is not on this host: the files of nvliblist.conf are used"
                : $"{tool} list fails: the files of nvliblist.conf are used");
            return AddByList(injection, why, asked: true);
        }

        var search = new LibrarySearch(plan.Host.Files, Architecture.Host);
        LibrarySearch? search32 = injection.With32 ? Libraries32.Search(plan) : null;
        var libraries = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var libraries32 = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in output.Split('\n'))
        {
            string path = AsciiText.Trim(line).ToString();
            if (!path.StartsWith('/') || plan.Host.Stat(path) is null)
            {
                continue;
            }

            string name = path[(path.LastIndexOf('/') + 1)..];
            if (AcceleratorList.IsLibrary(name))
            {
                // The tool gives files; programs ask for them by their soname.
                ElfFile? library = search.Read(path);
                bool narrow = search32 is not null && library?.Architecture == search32.Architecture;
                (narrow ? libraries32 : libraries)[library?.SoName ?? name] = path;
            }
            else
            {
                injection.Files.Add(new InjectedFile(path, plan.Host.IsAccessible(path, 1) ? "/usr/bin/" + name : path, true, why));
            }
        }

        AcceleratorFiles.AddLibraries(injection, search, libraries, "nv", why);
        if (injection.With32)
        {
            Libraries32.Add(injection, search32, libraries32, "nv", why);
        }

        return true;
    }

    private static void AddDevices(Injection injection, string why)
    {
        PlanContext plan = injection.Plan;
        var withheld = new List<string>();
        List<string> nodes = HostDevices.In(plan.Host, "/dev", static name => name.StartsWith("nvidia", StringComparison.Ordinal), withheld);
        foreach (string directory in (ReadOnlySpan<string>)["/dev/nvidia-caps", "/dev/nvidia-caps-imex-channels"])
        {
            nodes.AddRange(HostDevices.In(plan.Host, directory, static _ => true, withheld));
        }

        foreach (string path in withheld)
        {
            plan.Notes.Skip($"device {path}", "this job may not use it");
        }

        NvidiaGpus gpus = NvidiaGpus.Of(plan.Host, nodes);
        List<NvidiaGpu>? chosen = Choose(injection, gpus, out string reason);
        foreach (string path in nodes)
        {
            int? minor = HostDevices.Number(path, "/dev/nvidia");
            if (minor is not null && chosen is not null && !chosen.Exists(gpu => gpu.Minor == minor))
            {
                plan.Notes.Skip($"device {path}", reason);
            }
            else
            {
                injection.Devices.Add(new InjectedDevice(path, path, why));
            }
        }
    }

    private static List<NvidiaGpu>? Choose(Injection injection, NvidiaGpus gpus, out string reason)
    {
        PlanContext plan = injection.Plan;
        reason = "variable NVIDIA_VISIBLE_DEVICES";
        if (gpus.Chosen(HostDevices.Variable(plan.Host, "NVIDIA_VISIBLE_DEVICES"), cuda: false, out _) is { } visible)
        {
            return visible;
        }

        reason = "variable CUDA_VISIBLE_DEVICES";
        const string name = "CUDA_VISIBLE_DEVICES";
        List<NvidiaGpu>? chosen = gpus.Chosen(HostDevices.Variable(plan.Host, name), cuda: true, out bool numbers);
        if (chosen is not null && numbers && chosen.Count < gpus.All.Count && !plan.Isolation.CleanEnvironment)
        {
            // The nodes that are left are numbered anew, in the order of the bus; the variable keeps the user's order.
            var present = new List<NvidiaGpu>();
            foreach (NvidiaGpu gpu in gpus.All)
            {
                if (chosen.Contains(gpu))
                {
                    present.Add(gpu);
                }
            }

            string value = string.Join(',', chosen.ConvertAll(gpu => present.IndexOf(gpu).ToString(CultureInfo.InvariantCulture)));
            injection.Replaced.Add(new EnvironmentVariable(name, value));
        }

        return chosen;
    }
}

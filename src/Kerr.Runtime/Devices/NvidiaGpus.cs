using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Linux;
using Kerr.Runtime.Launch;

namespace Kerr.Runtime.Devices;

/// <summary>A GPU as the NVIDIA driver shows it below /proc.</summary>
/// <param name="Minor">The number of its node <c>/dev/nvidiaN</c>.</param>
internal sealed record NvidiaGpu(string Bus, int Minor, string Uuid, string Model);

/// <summary>Which GPUs a launch may see, where /dev is a small one.</summary>
/// <remarks>
/// <code>
/// job's device cgroup           always counts
/// NVIDIA_VISIBLE_DEVICES        all, none, void, or numbers and UUIDs
/// CUDA_VISIBLE_DEVICES          numbers and UUIDs; -1 ends the list, as it does for CUDA
/// </code>
/// CUDA numbers the GPUs that it can open, in the order of the bus if they are alike or CUDA_DEVICE_ORDER says so. With fewer nodes they get
/// other numbers: the variable goes in with those. Where the order cannot be known, all GPUs of the job are there.
/// </remarks>
internal sealed class NvidiaGpus
{
    private readonly List<NvidiaGpu> _gpus;
    private readonly string? _order;

    private NvidiaGpus(List<NvidiaGpu> gpus, string? order)
    {
        _gpus = gpus;
        _order = order;
    }

    /// <summary>The GPUs among these nodes, in the order of the bus.</summary>
    public static NvidiaGpus Of(IHostFacts host, IReadOnlyList<string> nodes)
    {
        const string directory = "/proc/driver/nvidia/gpus";
        var gpus = new List<NvidiaGpu>();
        foreach (string bus in host.Files.List(directory) ?? [])
        {
            string? text = host.ReadText($"{directory}/{bus}/information");
            if (text is not null && int.TryParse(Field(text, "Device Minor"), NumberStyles.None, CultureInfo.InvariantCulture, out int minor)
                && Contains(nodes, $"/dev/nvidia{minor.ToString(CultureInfo.InvariantCulture)}"))
            {
                gpus.Add(new NvidiaGpu(bus, minor, Field(text, "GPU UUID") ?? "", Field(text, "Model") ?? ""));
            }
        }

        return new NvidiaGpus(gpus, HostDevices.Variable(host, "CUDA_DEVICE_ORDER"));
    }

    public IReadOnlyList<NvidiaGpu> All => _gpus;

    /// <summary>The GPUs that a variable names; null when it does not say, so that all count.</summary>
    /// <param name="cuda">By the rules of CUDA, else by those of NVIDIA's container tools.</param>
    /// <param name="numbers">Whether it names some by number, so that their numbers change.</param>
    public List<NvidiaGpu>? Chosen(string? value, bool cuda, out bool numbers)
    {
        numbers = false;
        if (value is null || _gpus.Count == 0 || (!cuda && value is "all" or ""))
        {
            return null;
        }

        var chosen = new List<NvidiaGpu>();
        if (!cuda && value is "none" or "void")
        {
            return chosen;
        }

        foreach (string item in value.Split(','))
        {
            string name = AsciiText.Trim(item).ToString();
            NvidiaGpu? gpu = null;
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index))
            {
                numbers = true;
                if (cuda && !OrderIsKnown)
                {
                    return null;
                }

                gpu = index < _gpus.Count ? _gpus[index] : null;
            }
            else if (name.StartsWith("MIG-", StringComparison.Ordinal))
            {
                return null;        // an instance belongs to a GPU that only the driver's tools can name
            }
            else if (name.Length > "GPU-".Length)
            {
                gpu = _gpus.Find(candidate => candidate.Uuid.StartsWith(name, StringComparison.Ordinal));
            }

            if (gpu is null)
            {
                if (cuda)
                {
                    break;      // CUDA stops at the first that is none
                }
            }
            else if (!chosen.Contains(gpu))
            {
                chosen.Add(gpu);
            }
        }

        return chosen;
    }

    private bool OrderIsKnown => _order == "PCI_BUS_ID" || _gpus.TrueForAll(gpu => gpu.Model == _gpus[0].Model && gpu.Model.Length > 0);

    private static string? Field(string text, string name)
    {
        foreach (string line in text.Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && AsciiText.Trim(line.AsSpan(0, colon)).SequenceEqual(name))
            {
                return AsciiText.Trim(line.AsSpan(colon + 1)).ToString();
            }
        }

        return null;
    }

    private static bool Contains(IReadOnlyList<string> nodes, string path)
    {
        foreach (string node in nodes)
        {
            if (node == path)
            {
                return true;
            }
        }

        return false;
    }
}

using System.Collections.Generic;
using System.Globalization;
using Kerr.Linux;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Devices;

/// <summary><c>--intel-hpu</c>: Intel Gaudi accelerators, each with its network's node; and what the site lists.</summary>
/// <remarks>HABANA_VISIBLE_DEVICES chooses by number; <c>all</c>, which is also the default, means every one.</remarks>
internal static class GaudiPlan
{
    public static void Add(Injection injection)
    {
        PlanContext plan = injection.Plan;
        if (!plan.Request.IntelHpu)
        {
            return;
        }

        string why = plan.Request.Why("intel-hpu");
        AcceleratorList list = AcceleratorList.Read(plan.Host, plan.Installation.ConfDir + "/intelhpuliblist.conf");
        if (list.Libraries.Count + list.Programs.Count + list.Files.Count > 0)
        {
            AcceleratorFiles.Add(injection, list, "intel-hpu", "/dev/accel", [], why, asked: true);
        }

        var withheld = new List<string>();
        List<string> nodes = HostDevices.In(
            plan.Host, "/dev/accel", static name => HostDevices.Number(name, "accel") is not null || HostDevices.Number(name, "accel_controlD") is not null, withheld);
        if (nodes.Count + withheld.Count == 0)
        {
            plan.Notes.Info("Could not find any intel-hpu devices on this host!");
            return;
        }

        if (!DevicePlan.IsMinimal(plan))
        {
            return;
        }

        foreach (string path in withheld)
        {
            plan.Notes.Skip($"device {path}", "this job may not use it");
        }

        HashSet<int>? visible = Visible(plan.Host);
        foreach (string path in nodes)
        {
            string name = path[(path.LastIndexOf('/') + 1)..];
            int number = HostDevices.Number(name, "accel") ?? HostDevices.Number(name, "accel_controlD") ?? 0;
            if (visible?.Contains(number) is false)
            {
                plan.Notes.Skip($"device {path}", "variable HABANA_VISIBLE_DEVICES");
                continue;
            }

            injection.Devices.Add(new InjectedDevice(path, path, why));
            if (HostDevices.Number(name, "accel") is not null)
            {
                AddNetwork(injection, number, why);
            }
        }
    }

    private static void AddNetwork(Injection injection, int number, string why)
    {
        IHostFacts host = injection.Plan.Host;
        string directory = $"/sys/class/accel/accel{number.ToString(CultureInfo.InvariantCulture)}/device/infiniband_verbs";
        foreach (string name in host.Files.List(directory) ?? [])
        {
            string path = "/dev/infiniband/" + name;
            if (HostDevices.Number(name, "uverbs") is not null && host.Stat(path) is not null)
            {
                injection.Devices.Add(new InjectedDevice(path, path, why));
            }
        }
    }

    private static HashSet<int>? Visible(IHostFacts host)
    {
        string? value = HostDevices.Variable(host, "HABANA_VISIBLE_DEVICES");
        if (value is null or "" or "all")
        {
            return null;
        }

        var numbers = new HashSet<int>();
        foreach (string item in value.Split(','))
        {
            string text = AsciiText.Trim(item).ToString();
            numbers.Add(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
                : throw new UserException(
                    $"environment variable HABANA_VISIBLE_DEVICES: {text} is no number of an accelerator", "set it to all, or to numbers: 0,1"));
        }

        return numbers;
    }
}

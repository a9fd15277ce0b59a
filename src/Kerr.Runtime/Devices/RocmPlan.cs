using System.Collections.Generic;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Devices;

/// <summary><c>--rocm</c>: AMD's libraries, programs and devices.</summary>
internal static class RocmPlan
{
    public static void Add(Injection injection)
    {
        PlanContext plan = injection.Plan;
        LaunchRequest request = plan.Request;
        if (!IsWanted(plan))
        {
            return;
        }

        string why = request.Rocm ? request.Why("rocm") : "configuration: always use rocm = yes";
        AcceleratorList list = AcceleratorList.Read(plan.Host, plan.Installation.ConfDir + "/rocmliblist.conf");
        if (!AcceleratorFiles.Add(injection, list, "rocm", "/dev/kfd", ["hsa-runtime", "amdhip", "rocm"], why, asked: request.Rocm) || !DevicePlan.IsMinimal(plan))
        {
            return;
        }

        var withheld = new List<string>();
        List<string> nodes = HostDevices.In(plan.Host, "/dev", static name => name == "kfd", withheld);
        nodes.AddRange(HostDevices.In(
            plan.Host, "/dev/dri", static name => HostDevices.Number(name, "renderD") is not null || HostDevices.Number(name, "card") is not null, withheld));
        foreach (string path in nodes)
        {
            injection.Devices.Add(new InjectedDevice(path, path, why));
        }

        foreach (string path in withheld)
        {
            plan.Notes.Skip($"device {path}", "this job may not use it");
        }
    }

    public static bool IsWanted(PlanContext plan) => !plan.Request.NoRocm && (plan.Request.Rocm || plan.Configuration.AlwaysUseRocm);
}

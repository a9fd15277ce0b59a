using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Plan;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch;

namespace Kerr.Runtime.Audit;

/// <summary>Writes the records of a launch: who started what from which image, of which job, how. docs/audit.md lists the fields.</summary>
/// <remarks>
/// No secret gets in: of the environment the ids of jobs only, of the command line a digest, of URIs what is before any credential or question mark.
/// All of it is the caller's own word, so it says of itself that it is reported.
/// </remarks>
public static class LaunchRecord
{
    private const int MostParents = 4;

    // Their inodes are the same on every host: include/linux/proc_ns.h.
    private const string InitialPidNamespace = "pid:[4026531836]", InitialUserNamespace = "user:[4026531837]";

    /// <summary>What begins all records of a launch, and tells them apart from those of others.</summary>
    /// <param name="Id">32 hexadecimal digits.</param>
    public sealed record Launch(string Id, DateTime Time, ProcessFacts Process, IHostFacts Host)
    {
        /// <summary>The boot's id.</summary>
        public string? Boot { get; } = Host.ReadText("/proc/sys/kernel/random/boot_id");

        /// <summary>Whether we are in a user or PID namespace that is not the host's own: our numbers are not those that it knows us by.</summary>
        public bool Inside { get; } = !IsInitial(Host, "pid", InitialPidNamespace) || !IsInitial(Host, "user", InitialUserNamespace);

        /// <summary>A launch of this process, now.</summary>
        public static Launch Now(IHostFacts host)
            => new(Guid.NewGuid().ToString("N"), DateTime.UtcNow, ProcessFacts.Of(host, "self") ?? new ProcessFacts(Linux.Processes.CurrentProcess.Id, 0, 0, 0, ""), host);
    }

    /// <summary>The record of a start.</summary>
    /// <param name="image">Null when it could not be looked at.</param>
    /// <param name="uri">Where the image was fetched from; null for a file.</param>
    public static string Start(Launch launch, LaunchPlan plan, ImageIdentity? image, string? uri, string? policyDigest)
    {
        RecordText text = Head(launch, "start");
        Facts(text, launch, policyDigest);
        text.Text("mode", ModeName(plan.Mode)).Texts("namespaces", Namespaces(plan.Steps));
        if (image is not null)
        {
            text.Open("image").Text("path", image.Path).Text("kind", image.KindName).Text("device", image.Device).Number("inode", (long)image.Inode)
                .Number("size", image.Size).Number("mtime", image.ModifiedAt).Text("id", image.SifId).Text("digest", image.Digest).Texts("signers", image.Signers)
                .Text("uri", uri is null ? null : WithoutCredentials(uri)).Close();
        }

        LaunchRequest request = plan.Request;
        text.Text("action", request.Action.Name()).Number("arguments", request.Arguments.Count).Text("argumentsDigest", ArgumentsDigest(request));
        text.Texts("overlays", request.Overlays).Texts("binds", Binds(plan.Steps));
        return text.Finish();
    }

    /// <summary>The record of a launch that the configuration refuses.</summary>
    /// <param name="directive">The one that refuses it.</param>
    public static string Denial(Launch launch, LaunchRequest request, string directive, string? policyDigest)
    {
        RecordText text = Head(launch, "denial");
        text.Text("directive", directive);
        Facts(text, launch, policyDigest);
        text.Open("image").Text("path", WithoutCredentials(request.Image)).Close();
        return text.Text("action", request.Action.Name()).Number("arguments", request.Arguments.Count).Text("argumentsDigest", ArgumentsDigest(request)).Finish();
    }

    /// <summary>The record of the end, up to the numbers that who sees it will add; see <see cref="RecordFormat"/>.</summary>
    public static string Ending(Launch launch) => Head(launch, "exit").FinishWithList("end");

    /// <summary>The record of the end of what could not be started, in the form of <see cref="Ending"/>.</summary>
    public static string Failed(Launch launch) => Ending(launch) + "4294967295,0,0,0,0,0]}";

    private static RecordText Head(Launch launch, string happened)
        => new RecordText(RecordFormat.MostBytes).Number("kerr", 1).Text("trust", "reported").Text("event", happened).Text("launch", launch.Id).Number("uid", launch.Host.Uid)
            .Number("pid", launch.Process.Pid).Number("started", (long)launch.Process.StartedAt)
            .Text("boot", launch.Boot).Number("inside", launch.Inside ? 1 : 0);

    private static void Facts(RecordText text, Launch launch, string? policyDigest)
    {
        IHostFacts host = launch.Host;
        text.Text("time", launch.Time.ToString("O", CultureInfo.InvariantCulture)).Text("host", host.ReadText("/proc/sys/kernel/hostname")).Text("version", Release.Number).Text("policyDigest", policyDigest)
            .Number("gid", host.Gid).Numbers("groups", host.Groups is { Count: > 256 } all ? [.. Taken(all, 256)] : host.Groups)
            .Number("loginuid", IdOf(host, "/proc/self/loginuid")).Number("session", IdOf(host, "/proc/self/sessionid")).Number("sid", launch.Process.Session)
            .Text("cgroup", host.ReadText("/proc/self/cgroup")?.Replace('\n', ';'));
        text.OpenList("parents");
        int parent = launch.Process.Parent;
        for (int i = 0; i < MostParents && parent > 0 && ProcessFacts.Of(host, parent.ToString(CultureInfo.InvariantCulture)) is { } facts; i++)
        {
            text.OpenItem().Number("pid", facts.Pid).Number("started", (long)facts.StartedAt).Text("name", facts.Name).Close();
            parent = facts.Parent;
        }

        text.CloseList();
        List<(string Name, string Id)> claimed = JobVariables.In(host.Environment);
        if (claimed.Count > 0)
        {
            text.Open("claimed");
            foreach ((string name, string id) in claimed)
            {
                text.Text(name, id);
            }

            text.Close();
        }
    }

    private static IEnumerable<uint> Taken(IReadOnlyList<uint> all, int count)
    {
        for (int i = 0; i < count; i++)
        {
            yield return all[i];
        }
    }

    /// <summary>Whether our namespace of a kind is the host's own.</summary>
    private static bool IsInitial(IHostFacts host, string kind, string initial) => host.ReadLink($"/proc/self/ns/{kind}") is not { } own || own == initial;

    /// <summary>As audit(7) has it: 4294967295 for none.</summary>
    private static long IdOf(IHostFacts host, string path)
        => uint.TryParse(host.ReadText(path), NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id : uint.MaxValue;

    private static string ArgumentsDigest(LaunchRequest request)
    {
        var hash = new Sha256();
        foreach (string argument in request.Arguments)
        {
            hash.Add(argument);
        }

        return hash.Finish();
    }

    private static List<string> Namespaces(IReadOnlyList<PlanStep> steps)
    {
        var names = new List<string>();
        foreach (PlanStep step in steps)
        {
            if (step is UnshareStep unshare)
            {
                names.AddRange(unshare.Names());
            }
        }

        return names;
    }

    /// <summary>What the user or the site had bound, as <c>source:target</c>; the mounts of every launch say nothing.</summary>
    private static List<string> Binds(IReadOnlyList<PlanStep> steps)
    {
        var binds = new List<string>();
        foreach (PlanStep step in steps)
        {
            if (step is MountStep { Source: { } source } mount && (mount.Flags & MountFlags.SourceOnHost) != 0 && (mount.Flags & MountFlags.TargetInRoot) != 0)
            {
                binds.Add($"{source}:{mount.Target}{((mount.Flags & MountFlags.ReadOnly) != 0 ? ":ro" : "")}");
            }
        }

        return binds;
    }

    /// <summary>A URI without user, password, query and fragment; a path as it is.</summary>
    internal static string WithoutCredentials(string name)
    {
        int scheme = name.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            return name;
        }

        int end = name.IndexOfAny(['?', '#'], scheme + 3);
        string plain = end < 0 ? name : name[..end];
        int slash = plain.IndexOf('/', scheme + 3);
        int at = plain.LastIndexOf('@', slash < 0 ? plain.Length - 1 : slash);
        return at > scheme ? plain[..(scheme + 3)] + plain[(at + 1)..] : plain;
    }

    private static string ModeName(LaunchMode mode) => mode switch
    {
        LaunchMode.Root => "root",
        LaunchMode.Fakeroot => "fakeroot",
        LaunchMode.UserNamespace => "userns",
        _ => "setuid",
    };
}

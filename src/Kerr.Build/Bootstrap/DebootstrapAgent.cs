using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Build.Definition;
using Kerr.Build.Sections;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Bootstrap;

/// <summary><c>Bootstrap: debootstrap</c>: Debian, Ubuntu and their kin.</summary>
internal sealed class DebootstrapAgent : IBootstrapAgent
{
    private static readonly string[] s_devices = ["null", "zero", "full", "random", "urandom", "tty", "console", "ptmx"];

    public IReadOnlyList<string> Names => ["debootstrap"];

    public void Fill(DefinitionStage stage, string root, BuildSettings settings)
    {
        string tool = AgentTools.Find(settings, "debootstrap", "debootstrap", "debootstrap");
        string release = AgentTools.Required(stage, "osversion");
        string mirror = stage.Value("mirrorurl") is { Length: > 0 } given
            ? given : HostMirror() ?? throw new UserException("Bootstrap: debootstrap needs mirrorurl: this host's own package sources name no mirror", "add a header line: MirrorURL: URL");
        string architecture = settings.Architecture.Length > 0 ? settings.Architecture : Runtime.Launch.Planning.Architecture.Host;
        var mounts = new List<string>();
        try
        {
            ShowDevices(root, mounts);
            AgentTools.Run(
                settings, tool,
                [
                    "--variant=minbase", "--exclude=openssl,udev,debconf-i18n,e2fsprogs",
                    "--include=" + string.Join(',', ["apt", .. AgentTools.Included(stage)]), "--arch=" + DebianName(architecture),
                    release, root, mirror,
                ],
                "container=lxc");       // it need not try to make devices: they are there
        }
        finally
        {
            for (int i = mounts.Count - 1; i >= 0; i--)
            {
                _ = MountCalls.Detach(mounts[i]);
                if (!mounts[i].EndsWith("/proc", StringComparison.Ordinal))
                {
                    _ = FileCalls.Unlink(mounts[i]);
                }
            }
        }
    }

    /// <summary>The first mirror of the host's own package sources, in either of their two forms; null when there is none.</summary>
    internal static string? HostMirror(string directory = "/etc/apt")
    {
        var files = new List<string> { directory + "/sources.list" };
        if (FileCalls.TryOpen(directory + "/sources.list.d", OpenFlags.O_DIRECTORY, out SafeFileHandle parts, out _))
        {
            using (parts)
            {
                List<string> names = DirectoryCalls.List(parts);
                names.Sort(StringComparer.Ordinal);
                foreach (string name in names)
                {
                    files.Add($"{directory}/sources.list.d/{name}");
                }
            }
        }

        string? first = null;
        foreach (string file in files)
        {
            string text = SmallFile.TryRead(file, 1 << 20) is { } bytes ? Encoding.Latin1.GetString(bytes) : "";
            foreach (string line in text.Split('\n'))
            {
                // Other repositories have packages for such a system, but not the system.
                if (Mirror(line) is { } mirror)
                {
                    string end = mirror.TrimEnd('/');
                    if (end.EndsWith("/debian", StringComparison.Ordinal) || end.EndsWith("/ubuntu", StringComparison.Ordinal))
                    {
                        return mirror;
                    }

                    first ??= mirror;
                }
            }
        }

        return first;
    }

    private static string? Mirror(string line)
    {
        string[] words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length > 1 && words[0] == "URIs:")
        {
            return words[1];
        }

        int at = words.Length > 0 && words[0] == "deb" ? 1 : 0;
        if (at == 1 && words.Length > 1 && words[1].StartsWith('['))
        {
            at = Array.FindIndex(words, word => word.EndsWith(']')) + 1;
        }

        return at > 0 && at < words.Length ? words[at] : null;
    }

    private static void ShowDevices(string root, List<string> mounts)
    {
        FileSystem.MakeDirectory(root + "/dev", 0x1ED);
        FileSystem.MakeDirectory(root + "/proc", 0x1ED);
        var files = new RootFiles(root);
        foreach (string device in s_devices)
        {
            if (FileSystem.TryStat("/dev/" + device) is not null)
            {
                files.Write("/dev/" + device, "");
                MountCalls.Mount("/dev/" + device, $"{root}/dev/{device}", "", MountCalls.Flags.MS_BIND);
                mounts.Add($"{root}/dev/{device}");
            }
        }

        MountCalls.Mount("/proc", root + "/proc", "", MountCalls.Flags.MS_BIND | MountCalls.Flags.MS_REC);
        mounts.Add(root + "/proc");
    }

    private static string DebianName(string architecture) => architecture switch
    {
        "386" => "i386",
        "arm" => "armhf",
        "ppc64le" => "ppc64el",
        _ => architecture,
    };
}

using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Build.Definition;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;

namespace Kerr.Build.Bootstrap;

/// <summary><c>Bootstrap: yum</c> and <c>dnf</c>: Fedora, Enterprise Linux and their kin.</summary>
internal sealed class RpmAgent : IBootstrapAgent
{
    public IReadOnlyList<string> Names => ["yum", "dnf"];

    public void Fill(DefinitionStage stage, string root, BuildSettings settings)
    {
        string? path = EnvironmentBlock.Get(settings.Environment, "PATH");
        string tool = ChildProcess.Find("dnf", path) ?? ChildProcess.Find("yum", path) ?? AgentTools.Find(settings, stage.Bootstrap, "dnf", "dnf");
        _ = AgentTools.Find(settings, stage.Bootstrap, "rpm", "rpm");
        FileSystem.MakeDirectory(root + "/etc", 0x1ED);
        const string configuration = "/etc/bootstrap-yum.conf";
        AgentTools.Write(root + configuration, Configuration(stage, EnvironmentBlock.Get(settings.Environment, "GPG")));
        var arguments = new List<string> { "--noplugins", "-c", root + configuration, "--installroot", root, "-y" };
        if (stage.Value("osversion") is { Length: > 0 } release)
        {
            arguments.Add("--releasever=" + release);
        }

        foreach (string option in stage.Value("setopt").Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            arguments.Add("--setopt=" + option);
        }

        string extra = EnvironmentBlock.Get(settings.Environment, "INCLUDE") ?? "";
        arguments.AddRange(["install", "/etc/redhat-release", "coreutils", .. AgentTools.Included(stage), .. extra.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        AgentTools.Run(settings, tool, arguments);
        _ = FileCalls.Unlink(root + configuration);
        TreeRemoval.Remove(root + "/var/cache/bootstrap-yum");
    }

    /// <summary>The configuration with the repositories of the header; <c>%{OSVERSION}</c> in their URLs is filled in.</summary>
    /// <param name="key">URL of the key that packages must be signed with; null for no check, as the peers do.</param>
    internal static string Configuration(DefinitionStage stage, string? key)
    {
        string mirror = AgentTools.Required(stage, "mirrorurl");
        string version = stage.Value("osversion");
        if (mirror.Contains("%{OSVERSION}", StringComparison.OrdinalIgnoreCase) && version.Length == 0)
        {
            throw new UserException("mirrorurl has %{OSVERSION}, and there is no osversion", "add a header line: OSVersion: NUMBER");
        }

        var text = new StringBuilder("[main]\ncachedir=/var/cache/bootstrap-yum\nkeepcache=0\ndebuglevel=2\nobsoletes=1\nplugins=1\nreposdir=0\n");
        text.Append(string.IsNullOrEmpty(key) ? "gpgcheck=0\n" : "gpgcheck=1\n");
        foreach ((string name, string url) in ((string, string)[])[("base", mirror), ("updates", stage.Value("updateurl"))])
        {
            if (url.Length > 0)
            {
                text.Append(null, $"\n[{name}]\nname={name}\nbaseurl={url.Replace("%{OSVERSION}", version, StringComparison.OrdinalIgnoreCase)}\nenabled=1\n")
                    .Append(string.IsNullOrEmpty(key) ? "gpgcheck=0\n" : $"gpgcheck=1\ngpgkey={key}\n");
            }
        }

        return text.ToString();
    }
}

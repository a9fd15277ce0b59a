using System.Collections.Generic;
using Kerr.Build.Definition;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Build.Bootstrap;

/// <summary><c>Bootstrap: arch</c>: Arch Linux, by pacstrap.</summary>
internal sealed class ArchAgent : IBootstrapAgent
{
    private const string Configuration =
        "[options]\nHoldPkg = pacman glibc\nArchitecture = auto\nSigLevel = Required DatabaseOptional\nLocalFileSigLevel = Optional\n"
        + "\n[core]\nInclude = /etc/pacman.d/mirrorlist\n\n[extra]\nInclude = /etc/pacman.d/mirrorlist\n";

    public IReadOnlyList<string> Names => ["arch"];

    public void Fill(DefinitionStage stage, string root, BuildSettings settings)
    {
        string tool = AgentTools.Find(settings, "arch", "pacstrap", "arch-install-scripts");
        if (Runtime.Launch.Planning.Architecture.Host != "amd64")
        {
            throw new UserException("Bootstrap: arch is for amd64 only", "start from an image for this machine");
        }

        string configuration = root + "/pacman.conf.bootstrap";
        if (stage.Value("confurl") is { Length: > 0 } url)
        {
            AgentTools.Download(settings, "arch", url, configuration);
        }
        else
        {
            AgentTools.Write(configuration, Configuration);
        }

        AgentTools.Run(settings, tool, ["-C", configuration, "-c", "-G", "-M", root, "base", .. AgentTools.Included(stage)]);
        _ = FileCalls.Unlink(configuration);
    }
}

using System.Collections.Generic;
using Kerr.Build.Definition;
using Kerr.Build.Sections;
using Kerr.Linux.Files;

namespace Kerr.Build.Bootstrap;

/// <summary><c>Bootstrap: busybox</c>: one static program and the names it answers to.</summary>
internal sealed class BusyboxAgent : IBootstrapAgent
{
    public IReadOnlyList<string> Names => ["busybox"];

    public void Fill(DefinitionStage stage, string root, BuildSettings settings)
    {
        string url = AgentTools.Required(stage, "mirrorurl");
        var files = new RootFiles(root);
        foreach (string directory in (string[])["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/etc", "/lib", "/var"])
        {
            files.MakeDirectory(directory);
        }

        AgentTools.Download(settings, "busybox", url, root + "/bin/busybox");
        TreeCopy.SetMode(root + "/bin/busybox", 0x1ED);
        AgentTools.Run(settings, AgentTools.Find(settings, "busybox", "chroot", "coreutils"), [root, "/bin/busybox", "--install", "/bin"]);
        files.Write("/etc/passwd", "root:!:0:0:root:/root:/bin/sh\n");
        files.Write("/etc/group", "root:x:0:\n");
        files.Write("/etc/hosts", "127.0.0.1 localhost\n");
    }
}

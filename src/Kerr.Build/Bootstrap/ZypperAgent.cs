using System;
using System.Collections.Generic;
using Kerr.Build.Definition;

namespace Kerr.Build.Bootstrap;

/// <summary><c>Bootstrap: zypper</c>: openSUSE, and SUSE Linux Enterprise with a registration code.</summary>
internal sealed class ZypperAgent : IBootstrapAgent
{
    public IReadOnlyList<string> Names => ["zypper"];

    public void Fill(DefinitionStage stage, string root, BuildSettings settings)
    {
        string tool = AgentTools.Find(settings, "zypper", "zypper", "zypper");
        if (stage.Value("product") is { Length: > 0 } product)
        {
            Register(stage, product, root, settings);
        }
        else
        {
            AddRepository(stage, tool, "repo", AgentTools.Required(stage, "mirrorurl"), root, settings);
        }

        if (stage.Value("updateurl") is { Length: > 0 } updates)
        {
            AddRepository(stage, tool, "update", updates, root, settings);
        }

        foreach ((string key, string value) in stage.Header)
        {
            if (key.StartsWith("otherurl", StringComparison.Ordinal))
            {
                AddRepository(stage, tool, key, value, root, settings);
            }
        }

        AgentTools.Run(settings, tool, ["--root", root, "--gpg-auto-import-keys", "--non-interactive", "refresh"]);
        AgentTools.Run(
            settings, tool,
            ["--root", root, "--non-interactive", "install", "--auto-agree-with-licenses", "--download-in-advance", "aaa_base", .. AgentTools.Included(stage)]);
    }

    private static void AddRepository(DefinitionStage stage, string tool, string name, string url, string root, BuildSettings settings)
        => AgentTools.Run(
            settings, tool,
            ["--root", root, "addrepo", "--no-gpgcheck", url.Replace("%{OSVERSION}", stage.Value("osversion"), StringComparison.OrdinalIgnoreCase), name]);

    private static void Register(DefinitionStage stage, string product, string root, BuildSettings settings)
    {
        string tool = AgentTools.Find(settings, "zypper", "SUSEConnect", "SUSEConnect");
        List<string> arguments = ["--root", root, "--product", product, "--email", AgentTools.Required(stage, "user"), "--regcode", AgentTools.Required(stage, "regcode")];
        if (stage.Value("registerurl") is { Length: > 0 } url)
        {
            arguments.AddRange(["--url", url]);
        }

        AgentTools.Run(settings, tool, arguments);
        foreach (string module in stage.Value("modules").Split((char[])[' ', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            AgentTools.Run(settings, tool, ["--root", root, "--product", module]);
        }
    }
}

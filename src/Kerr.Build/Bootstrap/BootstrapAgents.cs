using System.Collections.Generic;

namespace Kerr.Build.Bootstrap;

/// <summary>The agents that make a distribution by its own tools.</summary>
internal static class BootstrapAgents
{
    private static readonly IBootstrapAgent[] s_agents = [new BusyboxAgent(), new DebootstrapAgent(), new RpmAgent(), new ZypperAgent(), new ArchAgent()];

    /// <summary>The agent of this name, in lower case; null when there is none.</summary>
    internal static IBootstrapAgent? Find(string name)
    {
        foreach (IBootstrapAgent agent in s_agents)
        {
            if (((IList<string>)[.. agent.Names]).Contains(name))
            {
                return agent;
            }
        }

        return null;
    }
}

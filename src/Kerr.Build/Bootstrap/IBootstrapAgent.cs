using System.Collections.Generic;
using Kerr.Build.Definition;
using Kerr.Linux;

namespace Kerr.Build.Bootstrap;

/// <summary>Fills an empty directory with a distribution, by the tools of that distribution.</summary>
internal interface IBootstrapAgent
{
    /// <summary>What <c>Bootstrap:</c> calls it.</summary>
    IReadOnlyList<string> Names { get; }

    /// <exception cref="UserException">A header key or a tool is missing, or the tool failed.</exception>
    void Fill(DefinitionStage stage, string root, BuildSettings settings);
}

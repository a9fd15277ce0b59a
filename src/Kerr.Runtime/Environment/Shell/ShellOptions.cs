using System.Collections.Generic;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>What a script may do, beyond changing variables.</summary>
internal sealed class ShellOptions
{
    /// <summary><c>$0</c>.</summary>
    internal string Name { get; init; } = "sh";

    internal IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The container's files for tests and sourcing; none, and both are refused.</summary>
    internal IShellFiles? Files { get; init; }

    /// <summary>Every assignment exports, as under <c>set -a</c>.</summary>
    internal bool ExportsAll { get; init; }

    /// <summary>What <c>echo</c> prints outside a substitution is kept; otherwise it is left to a real shell.</summary>
    internal bool KeepsOutput { get; init; }

    /// <summary>Redirections to /dev/null, which change nothing for builtins, are accepted.</summary>
    internal bool AllowsNullDevice { get; init; } = true;

    /// <summary>The script may replace its arguments and end in <c>exec</c>: a runscript, not an environment script.</summary>
    internal bool IsRunscript { get; init; }
}

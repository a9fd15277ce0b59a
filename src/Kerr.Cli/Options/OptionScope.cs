using System;

namespace Kerr.Cli.Options;

/// <summary>The commands that take an option.</summary>
[Flags]
internal enum OptionScope
{
    None = 0,
    Exec = 1,
    Run = 2,
    Shell = 4,
    Test = 8,
    InstanceStart = 16,
    InstanceRun = 32,
    Build = 64,

    /// <summary>Commands whose payload takes the place of the caller.</summary>
    Processes = Exec | Run | Shell | Test,
    Instances = InstanceStart | InstanceRun,
    Actions = Processes | Instances,
}

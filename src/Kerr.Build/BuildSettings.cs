using System;
using System.Collections.Generic;
using System.Threading;
using Kerr.Build.Assembly;
using Kerr.Build.Bootstrap;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Build;

/// <summary>What a build is told besides its definition and its target.</summary>
public sealed record BuildSettings
{
    public required SiteConfiguration Configuration { get; init; }

    public required Installation Installation { get; init; }

    /// <summary>The environment of the caller, which scripts on the host get.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    public required BuildIdentity Identity { get; init; }

    /// <summary>Where unfinished things go.</summary>
    public required string TemporaryDirectory { get; init; }

    /// <summary>Where results of sections are kept for the next build; null to keep none.</summary>
    public string? CacheDirectory { get; init; }

    public required BuildMessages Messages { get; init; }

    /// <summary>How the SIF file is made; its time, definition and id are filled in by the build.</summary>
    public required SifAssemblyOptions Assembly { get; init; }

    /// <summary>Where images come from that are no local files.</summary>
    public IRemoteImages Remote { get; init; } = new NoRemoteImages();

    /// <summary>Whether the target becomes a directory.</summary>
    public bool Sandbox { get; init; }

    /// <summary>Whether the definition is run on the directory that is the target.</summary>
    public bool Update { get; init; }

    public bool Force { get; init; }

    public bool NoTest { get; init; }

    public bool FixPermissions { get; init; }

    /// <summary>Whether what was made is left behind when the build fails.</summary>
    public bool NoCleanup { get; init; }

    public bool WritableTmpfs { get; init; }

    /// <summary>Names of sections, <c>all</c> or <c>none</c>.</summary>
    public IReadOnlyList<string> Sections { get; init; } = ["all"];

    public IReadOnlyList<string> Binds { get; init; } = [];

    public IReadOnlyList<string> Mounts { get; init; } = [];

    /// <summary>The architecture asked for, by Go's name; empty for the host's.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>Options of the console that launches take over: name of the program, level, colour.</summary>
    public required LaunchRequest Console { get; init; }

    public CancellationToken Cancel { get; init; }

    /// <summary>Whether <c>--section</c> lets this section run.</summary>
    public bool Runs(string section)
    {
        foreach (string name in Sections)
        {
            if (name == "all" || name == section)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>How a build talks to the user.</summary>
public sealed record BuildMessages(Action<string> Info, Action<string> Warn, Action<string> Verbose);

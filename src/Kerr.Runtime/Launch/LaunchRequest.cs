using System.Collections.Generic;
using System.Globalization;

namespace Kerr.Runtime.Launch;

/// <summary>Which of the action commands was given.</summary>
public enum LaunchAction
{
    Exec,
    Run,
    Shell,
    Test,
}

/// <summary>The actions' names on the command line. Formatting an enum goes through reflection, a tenth of a start.</summary>
public static class LaunchActionName
{
    public static string Name(this LaunchAction action) => action switch
    {
        LaunchAction.Exec => "exec",
        LaunchAction.Run => "run",
        LaunchAction.Shell => "shell",
        _ => "test",
    };
}

/// <summary>What the user asked for: the command line and the environment's options, parsed but not yet judged.</summary>
/// <remarks>All text is byte text (<see cref="Kerr.Linux.ByteText"/>). Empty lists and nulls stand for "not given".</remarks>
public sealed record LaunchRequest
{
    public required LaunchAction Action { get; init; }

    /// <summary>The image as the user named it.</summary>
    public required string Image { get; init; }

    /// <summary>Everything after the image; for exec the first is the command.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    // Mounts
    public IReadOnlyList<string> Binds { get; init; } = [];
    public IReadOnlyList<string> Mounts { get; init; } = [];
    public IReadOnlyList<string> Overlays { get; init; } = [];
    public IReadOnlyList<string> Scratch { get; init; } = [];
    public IReadOnlyList<string> NoMount { get; init; } = [];
    public IReadOnlyList<string> ContainLibs { get; init; } = [];
    public IReadOnlyList<string> FuseMounts { get; init; } = [];
    public string? Home { get; init; }
    public string? WorkDirectory { get; init; }
    public string? Cwd { get; init; }
    public bool NoHome { get; init; }
    public bool Writable { get; init; }
    public bool WritableTmpfs { get; init; }
    public bool Underlay { get; init; }

    /// <summary>Whether the launch makes its own mount of the image, even where others of the job have one.</summary>
    public bool NoShareImage { get; init; }

    /// <summary>Whether a rank of a parallel program has namespaces of its own, as if it were alone.</summary>
    public bool NoShareRanks { get; init; }

    /// <summary>Whether the launch is a rank though no launcher's environment says so.</summary>
    public bool ShareNamespaces { get; init; }

    public bool Unsquash { get; init; }

    /// <summary>Fail where an image could only be run unpacked.</summary>
    public bool NoTemporarySandbox { get; init; }

    /// <summary>Where an image is unpacked to; null for TMPDIR or /tmp.</summary>
    public string? TemporaryDirectory { get; init; }

    // Isolation and privileges
    public bool Contain { get; init; }
    public bool ContainAll { get; init; }
    public bool CleanEnvironment { get; init; }
    public bool Compat { get; init; }
    public bool Fakeroot { get; init; }
    public bool UserNamespace { get; init; }

    /// <summary>We are root of a user namespace that was made for this, as a build makes one: no other is made.</summary>
    public bool InsideNamespace { get; init; }
    public bool Pid { get; init; }
    public bool NoPid { get; init; }
    public bool Ipc { get; init; }
    public bool Net { get; init; }
    public bool Uts { get; init; }
    public bool NoInit { get; init; }
    public bool NoUmask { get; init; }
    public bool NoEval { get; init; }
    public bool KeepPrivileges { get; init; }
    public bool NoPrivileges { get; init; }
    public bool AllowSetuid { get; init; }
    public bool IgnoreSubuid { get; init; }

    /// <summary>Whether root of a range of ids may not change its groups either.</summary>
    public bool NoSetgroups { get; init; }
    public string? HostName { get; init; }
    public string? Network { get; init; }
    public string? NetnsPath { get; init; }
    public string? Dns { get; init; }
    public string? AddCapabilities { get; init; }
    public string? DropCapabilities { get; init; }
    public IReadOnlyList<string> Security { get; init; } = [];

    // Accelerators and MPI
    public bool Nv { get; init; }
    public bool NvidiaContainerCli { get; init; }
    public bool NoNv { get; init; }
    public bool Rocm { get; init; }

    /// <summary>Besides, the libraries for programs of 32 bits.</summary>
    public bool Compat32 { get; init; }
    public bool NoRocm { get; init; }
    public bool IntelHpu { get; init; }

    /// <summary>CDI devices, <c>vendor.com/class=name</c>.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>Where they are described; empty for the usual directories.</summary>
    public IReadOnlyList<string> CdiDirectories { get; init; } = [];

    /// <summary>The host's MPI takes the place of the image's.</summary>
    public bool Mpi { get; init; }

    /// <summary>The directory that the host's MPI is in; null to look for it.</summary>
    public string? HostMpi { get; init; }

    // Environment and payload
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];
    public IReadOnlyList<string> EnvironmentFiles { get; init; } = [];
    public IReadOnlyList<string> NoEnvironment { get; init; } = [];
    public string? App { get; init; }

    /// <summary>How long the image's environment scripts may take, as the user wrote it; null for any time.</summary>
    public string? RunscriptTimeout { get; init; }
    public string? Shell { get; init; }

    // Console
    public string Program { get; init; } = "kerr";
    public int LogLevel { get; init; } = 1;
    public bool Colour { get; init; }
    public bool Timings { get; init; }

    /// <summary>
    /// Where an option came from, by its long name: <c>flag --bind</c>, <c>variable APPTAINER_BIND</c>; where its values
    /// came from different places, each by name, blank and index.
    /// </summary>
    public IReadOnlyDictionary<string, string> Origins { get; init; } = new Dictionary<string, string>();

    /// <summary>The reason to give for one of the values of an option that is repeated; variables may have added some.</summary>
    public string Why(string option, int index)
        => Origins.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"{option} {index}"), out string? origin) ? origin : Why(option);

    /// <summary>The reason to give for something that an option asked for.</summary>
    public string Why(string option) => Origins.TryGetValue(option, out string? origin) ? origin : Origin.OfFlag("--" + option);

    /// <summary>What an error about an option begins with; see <see cref="Origin.Blame"/>.</summary>
    public string Blame(string option) => Origin.Blame(Why(option));
}

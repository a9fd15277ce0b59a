using System;
using System.Collections.Generic;
using Kerr.Build.Sections;
using Kerr.Image;
using Kerr.Linux.Files;

namespace Kerr.Build.Metadata;

/// <summary>One of the files that every image has.</summary>
/// <param name="Content">Of a file its text, of a symbolic link where it points; byte text.</param>
public readonly record struct BaseEntry(string Path, FileKind Kind, string Content, uint Mode);

/// <summary>What every image has below <c>/.singularity.d</c>, and the directories that containers mount on.</summary>
/// <remarks>
/// The layout is the peers', so that an image of ours runs under them: their starters execute <c>actions/</c>, and the
/// scripts in <c>env/</c> are sourced in the order of their names. What a base image has already stays as it is.
/// </remarks>
public static class BaseFiles
{
    public const string Directory = "/.singularity.d";
    internal const string EnvironmentScript = Directory + "/env/90-environment.sh";
    internal const string EnvironmentHeader = "#!/bin/sh\n# Custom environment shell code should follow\n\n";
    private const uint Executable = 0x1ED;

    private const string SourceEnvironment =
        "#!/bin/sh\n\nfor script in /.singularity.d/env/*.sh; do\n    if [ -f \"$script\" ]; then\n        . \"$script\"\n    fi\ndone\n\n";

    private static readonly (string Name, string Text)[] s_actions =
    [
        ("exec", SourceEnvironment + "exec \"$@\"\n"),
        ("run", SourceEnvironment
            + "app=${SINGULARITY_APPNAME:-}\n"
            + "if [ -n \"$app\" ]; then\n"
            + "    if [ -x \"/scif/apps/$app/scif/runscript\" ]; then\n"
            + "        exec \"/scif/apps/$app/scif/runscript\" \"$@\"\n"
            + "    fi\n"
            + "    echo \"No Apptainer runscript for contained app: $app\"\n"
            + "    exit 1\n"
            + "fi\n"
            + "if [ -x /.singularity.d/runscript ]; then\n"
            + "    exec /.singularity.d/runscript \"$@\"\n"
            + "fi\n"
            + "echo \"No Apptainer runscript found, executing /bin/sh\"\n"
            + "exec /bin/sh \"$@\"\n"),
        ("shell", SourceEnvironment
            + "if [ -n \"${SINGULARITY_SHELL:-}\" ] && [ -x \"$SINGULARITY_SHELL\" ]; then\n"
            + "    exec \"$SINGULARITY_SHELL\" \"$@\"\n"
            + "fi\n"
            + "if [ -x /bin/bash ]; then\n"
            + "    export SHELL=/bin/bash PS1=\"Apptainer ${SINGULARITY_NAME:-}:\\\\w> \"\n"
            + "    exec /bin/bash --norc \"$@\"\n"
            + "fi\n"
            + "export SHELL=/bin/sh\n"
            + "exec /bin/sh \"$@\"\n"),
        ("start", "#!/bin/sh\n\n# Process 1 waits for this.\nkill -CONT 1\n\n" + SourceEnvironment["#!/bin/sh\n\n".Length..]
            + "if [ -x /.singularity.d/startscript ]; then\n    exec /.singularity.d/startscript \"$@\"\nfi\n"),
        ("test", SourceEnvironment
            + "app=${SINGULARITY_APPNAME:-}\n"
            + "if [ -n \"$app\" ]; then\n"
            + "    if [ -x \"/scif/apps/$app/scif/test\" ]; then\n"
            + "        exec \"/scif/apps/$app/scif/test\" \"$@\"\n"
            + "    fi\n"
            + "    echo \"No tests for contained app: $app\"\n"
            + "    exit 1\n"
            + "fi\n"
            + "if [ -x /.singularity.d/test ]; then\n"
            + "    exec /.singularity.d/test \"$@\"\n"
            + "fi\n"
            + "exec /bin/sh -c true\n"),
    ];

    private static readonly (string Name, string Text)[] s_environment =
    [
        ("01-base.sh", "#!/bin/sh\n# Sourced first.\n"),
        ("90-environment.sh", EnvironmentHeader),
        ("95-apps.sh",
            "#!/bin/sh\n# Sets up the app that --app chose.\n"
            + "if [ -n \"${SINGULARITY_APPNAME:-}\" ]; then\n"
            + "    export SINGULARITY_APPNAME\n"
            + "    if [ ! -d \"/scif/apps/$SINGULARITY_APPNAME\" ]; then\n"
            + "        echo \"Could not locate the container application: $SINGULARITY_APPNAME\"\n"
            + "        exit 1\n"
            + "    fi\n"
            + "    SCIF_APPS=/scif/apps\n"
            + "    SCIF_APPROOT=\"/scif/apps/$SINGULARITY_APPNAME\"\n"
            + "    export SCIF_APPS SCIF_APPROOT\n"
            + "    PATH=\"$SCIF_APPROOT:$PATH\"\n"
            + "    if [ -d \"$SCIF_APPROOT/bin\" ]; then\n"
            + "        PATH=\"$SCIF_APPROOT/bin:$PATH\"\n"
            + "    fi\n"
            + "    if [ -d \"$SCIF_APPROOT/lib\" ]; then\n"
            + "        LD_LIBRARY_PATH=\"$SCIF_APPROOT/lib:${LD_LIBRARY_PATH:-}\"\n"
            + "        export LD_LIBRARY_PATH\n"
            + "    fi\n"
            + "    if [ -f \"$SCIF_APPROOT/scif/env/01-base.sh\" ]; then\n"
            + "        . \"$SCIF_APPROOT/scif/env/01-base.sh\"\n"
            + "    fi\n"
            + "    if [ -f \"/scif/apps/$SINGULARITY_APPNAME/scif/env/90-environment.sh\" ]; then\n"
            + "        . \"/scif/apps/$SINGULARITY_APPNAME/scif/env/90-environment.sh\"\n"
            + "    fi\n"
            + "    export PATH\n"
            + "fi\n"),
        ("99-base.sh",
            "#!/bin/sh\n# Libraries of the host that a launch binds are found last.\n"
            + "if [ -z \"${LD_LIBRARY_PATH:-}\" ]; then\n"
            + "    LD_LIBRARY_PATH=/.singularity.d/libs\n"
            + "else\n"
            + "    LD_LIBRARY_PATH=\"$LD_LIBRARY_PATH:/.singularity.d/libs\"\n"
            + "fi\n"
            + "PS1=\"Apptainer> \"\n"
            + "export LD_LIBRARY_PATH PS1\n"),
        ("99-runtimevars.sh",
            "#!/bin/sh\n# Search paths that the user asked for.\n"
            + "if [ -n \"${SING_USER_DEFINED_PREPEND_PATH:-}\" ]; then\n"
            + "    PATH=\"$SING_USER_DEFINED_PREPEND_PATH:$PATH\"\n"
            + "fi\n"
            + "if [ -n \"${SING_USER_DEFINED_APPEND_PATH:-}\" ]; then\n"
            + "    PATH=\"$PATH:$SING_USER_DEFINED_APPEND_PATH\"\n"
            + "fi\n"
            + "if [ -n \"${SING_USER_DEFINED_PATH:-}\" ]; then\n"
            + "    PATH=\"$SING_USER_DEFINED_PATH\"\n"
            + "fi\n"
            + "unset SING_USER_DEFINED_PREPEND_PATH SING_USER_DEFINED_APPEND_PATH SING_USER_DEFINED_PATH\n"
            + "export PATH\n"),
    ];

    private static readonly (string Path, string Content)[] s_links =
    [
        ("/singularity", ".singularity.d/runscript"),
        ("/.run", ".singularity.d/actions/run"),
        ("/.exec", ".singularity.d/actions/exec"),
        ("/.test", ".singularity.d/actions/test"),
        ("/.shell", ".singularity.d/actions/shell"),
        ("/environment", ".singularity.d/env/90-environment.sh"),
    ];

    /// <summary>All of it, parents before what is in them.</summary>
    internal static IReadOnlyList<BaseEntry> All { get; } = [.. Entries()];

    /// <summary>Makes what is missing.</summary>
    public static void Add(RootFiles root)
    {
        foreach (BaseEntry entry in All)
        {
            switch (entry.Kind)
            {
                case FileKind.Directory:
                    root.MakeDirectory(entry.Path, entry.Mode);
                    break;
                case FileKind.SymbolicLink:
                    root.LinkIfMissing(entry.Path, entry.Content);
                    break;
                default:
                    root.WriteIfMissing(entry.Path, entry.Content, entry.Mode);
                    break;
            }
        }
    }

    /// <summary>What an image does not have; nothing below a name that stands for something else there.</summary>
    internal static List<BaseEntry> MissingIn(IImageTree tree)
    {
        var missing = new List<BaseEntry>();
        var closed = new List<string>();
        foreach (BaseEntry entry in All)
        {
            bool directory = entry.Kind == FileKind.Directory;
            if (closed.Exists(name => entry.Path.StartsWith(name + "/", StringComparison.Ordinal)))
            {
                continue;
            }

            if (!tree.TryStat(entry.Path, out ImageEntry found, follow: directory))
            {
                if (tree.TryStat(entry.Path, out _, follow: false))
                {
                    closed.Add(entry.Path);     // a link that leads nowhere inside
                }
                else
                {
                    missing.Add(entry);
                }
            }
            else if (directory && found.Kind != FileKind.Directory)
            {
                closed.Add(entry.Path);
            }
        }

        return missing;
    }

    private static IEnumerable<BaseEntry> Entries()
    {
        foreach (string directory in (string[])["/.singularity.d", "/.singularity.d/libs", "/.singularity.d/actions", "/.singularity.d/env",
            "/dev", "/proc", "/sys", "/home", "/etc", "/var"])
        {
            yield return new BaseEntry(directory, FileKind.Directory, "", 0x1ED);
        }

        yield return new BaseEntry("/root", FileKind.Directory, "", 0x1C0);
        yield return new BaseEntry("/tmp", FileKind.Directory, "", 0x3FF);
        yield return new BaseEntry("/var/tmp", FileKind.Directory, "", 0x3FF);
        foreach ((string name, string text) in s_actions)
        {
            yield return new BaseEntry($"{Directory}/actions/{name}", FileKind.Regular, text, Executable);
        }

        foreach ((string name, string text) in s_environment)
        {
            yield return new BaseEntry($"{Directory}/env/{name}", FileKind.Regular, text, Executable);
        }

        foreach ((string path, string content) in s_links)
        {
            yield return new BaseEntry(path, FileKind.SymbolicLink, content, 0x1FF);
        }

        // Mounts of a launch want something to stand on.
        yield return new BaseEntry("/etc/hosts", FileKind.Regular, "", 0x1A4);
        yield return new BaseEntry("/etc/resolv.conf", FileKind.Regular, "", 0x1A4);
        yield return new BaseEntry($"{Directory}/runscript", FileKind.Regular, "#!/bin/sh\necho \"There is no runscript in this image\"\n", Executable);
        yield return new BaseEntry($"{Directory}/startscript", FileKind.Regular, "#!/bin/sh\n", Executable);
    }
}

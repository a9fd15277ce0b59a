using System.Collections.Generic;
using System.Text;

namespace Kerr.Build.Metadata;

/// <summary>A file that a build puts into an image; the path has no slash in front.</summary>
public sealed record MetadataFile(string Path, int Mode, byte[] Content)
{
    internal static MetadataFile Script(string path, string text) => new(path, 0b111_101_101, Encoding.UTF8.GetBytes(text));
}

/// <summary>What every image has, whatever it is made of: <c>/.singularity.d</c> and the places that the host's files are shown at.</summary>
/// <remarks>Names and effects are those that all runtimes of this family expect; the runtime itself needs few of them.</remarks>
public static class BaseFiles
{
    public const string Root = ".singularity.d";
    public const string EnvironmentScript = Root + "/env/90-environment.sh";
    public const string Runscript = Root + "/runscript";
    public const string Startscript = Root + "/startscript";
    public const string Labels = Root + "/labels.json";
    public const string Definition = Root + "/Singularity";

    public static IReadOnlyList<string> Directories { get; } = [Root, Root + "/actions", Root + "/env", Root + "/libs"];

    /// <summary>Path and target.</summary>
    public static IReadOnlyList<(string Path, string Target)> Links { get; } =
    [
        ("singularity", Runscript), (".run", Root + "/actions/run"), (".exec", Root + "/actions/exec"), (".test", Root + "/actions/test"),
        (".shell", Root + "/actions/shell"), ("environment", EnvironmentScript),
    ];

    /// <summary>Directories that must be there to be mounted on, with their modes; what the image has stays.</summary>
    public static IReadOnlyList<(string Path, int Mode)> MountPoints { get; } =
    [
        ("dev", 0b111_101_101), ("proc", 0b111_101_101), ("root", 0b111_000_000), ("var", 0b111_101_101), ("var/tmp", 0b001_111_111_111),
        ("tmp", 0b001_111_111_111), ("etc", 0b111_101_101), ("sys", 0b111_101_101), ("home", 0b111_101_101),
    ];

    /// <summary>Empty files that must be there to be mounted on; what the image has stays.</summary>
    public static IReadOnlyList<string> MountFiles { get; } = ["etc/hosts", "etc/resolv.conf"];

    /// <summary>The scripts that are the same in all images. Those that a build writes itself are not among them.</summary>
    public static IReadOnlyList<MetadataFile> Scripts { get; } =
    [
        MetadataFile.Script(Root + "/actions/exec", Shebang + SourceAll + "exec \"$@\"\n"),
        MetadataFile.Script(Root + "/actions/run", Shebang + SourceAll + """
            if [ -n "${SINGULARITY_APPNAME:-}" ]; then
                if [ -x "/scif/apps/${SINGULARITY_APPNAME}/scif/runscript" ]; then
                    exec "/scif/apps/${SINGULARITY_APPNAME}/scif/runscript" "$@"
                fi
                echo "no runscript for the app ${SINGULARITY_APPNAME}" >&2
                exit 1
            fi
            if [ -x /.singularity.d/runscript ]; then
                exec /.singularity.d/runscript "$@"
            fi
            echo "no runscript, executing /bin/sh" >&2
            exec /bin/sh "$@"

            """),
        MetadataFile.Script(Root + "/actions/shell", Shebang + SourceAll + """
            if [ -n "${SINGULARITY_SHELL:-}" ] && [ -x "$SINGULARITY_SHELL" ]; then
                exec "$SINGULARITY_SHELL" "$@"
            fi
            if [ -x /bin/bash ]; then
                PS1="Kerr ${SINGULARITY_NAME:-}:\\w> "
                export PS1
                exec /bin/bash --norc "$@"
            fi
            exec /bin/sh "$@"

            """),
        MetadataFile.Script(Root + "/actions/start", Shebang + "kill -CONT 1\n" + SourceAll + """
            if [ -x /.singularity.d/startscript ]; then
                exec /.singularity.d/startscript "$@"
            fi

            """),
        MetadataFile.Script(Root + "/actions/test", Shebang + SourceAll + """
            if [ -n "${SINGULARITY_APPNAME:-}" ]; then
                if [ -x "/scif/apps/${SINGULARITY_APPNAME}/scif/test" ]; then
                    exec "/scif/apps/${SINGULARITY_APPNAME}/scif/test" "$@"
                fi
                echo "no tests for the app ${SINGULARITY_APPNAME}" >&2
                exit 1
            fi
            if [ -x /.singularity.d/test ]; then
                exec /.singularity.d/test "$@"
            fi
            exec /bin/sh -c true

            """),
        MetadataFile.Script(Root + "/env/01-base.sh", Shebang + "# Scripts in this directory run in the order of their names.\n"),
        MetadataFile.Script(Root + "/env/95-apps.sh", Shebang + """
            if [ -n "${SINGULARITY_APPNAME:-}" ]; then
                if [ -d "/scif/apps/${SINGULARITY_APPNAME}/bin" ]; then
                    PATH="/scif/apps/${SINGULARITY_APPNAME}/bin:${PATH}"
                fi
                if [ -d "/scif/apps/${SINGULARITY_APPNAME}/lib" ]; then
                    LD_LIBRARY_PATH="/scif/apps/${SINGULARITY_APPNAME}/lib:${LD_LIBRARY_PATH:-}"
                    export LD_LIBRARY_PATH
                fi
                if [ -f "/scif/apps/${SINGULARITY_APPNAME}/scif/env/01-base.sh" ]; then
                    . "/scif/apps/${SINGULARITY_APPNAME}/scif/env/01-base.sh"
                fi
                if [ -f "/scif/apps/${SINGULARITY_APPNAME}/scif/env/90-environment.sh" ]; then
                    . "/scif/apps/${SINGULARITY_APPNAME}/scif/env/90-environment.sh"
                fi
                export PATH
            fi

            """),
        MetadataFile.Script(Root + "/env/99-base.sh", Shebang + """
            if [ -z "${LD_LIBRARY_PATH:-}" ]; then
                LD_LIBRARY_PATH="/.singularity.d/libs"
            else
                LD_LIBRARY_PATH="${LD_LIBRARY_PATH}:/.singularity.d/libs"
            fi
            PS1="${PS1:-Singularity> }"
            export LD_LIBRARY_PATH PS1

            """),
        MetadataFile.Script(Root + "/env/99-runtimevars.sh", Shebang + """
            if [ -n "${SING_USER_DEFINED_PREPEND_PATH:-}" ]; then
                PATH="${SING_USER_DEFINED_PREPEND_PATH}:${PATH}"
            fi
            if [ -n "${SING_USER_DEFINED_APPEND_PATH:-}" ]; then
                PATH="${PATH}:${SING_USER_DEFINED_APPEND_PATH}"
            fi
            if [ -n "${SING_USER_DEFINED_PATH:-}" ]; then
                PATH="${SING_USER_DEFINED_PATH}"
            fi
            unset SING_USER_DEFINED_PREPEND_PATH SING_USER_DEFINED_APPEND_PATH SING_USER_DEFINED_PATH
            export PATH

            """),
    ];

    /// <summary>What a build without such sections puts there.</summary>
    public static IReadOnlyList<MetadataFile> Defaults { get; } =
    [
        MetadataFile.Script(EnvironmentScript, Shebang + "# The environment section of the definition file goes here.\n"),
        MetadataFile.Script(Startscript, Shebang),
    ];

    private const string Shebang = "#!/bin/sh\n";

    private const string SourceAll = """
        for script in /.singularity.d/env/*.sh; do
            if [ -f "$script" ]; then
                . "$script"
            fi
        done

        """;
}

using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Variables;

/// <summary>The environment scripts of images: sourced in order, by whatever can.</summary>
public class ImageScriptTests
{
    [Fact]
    public void Scripts_are_sourced_in_the_order_of_their_names()
    {
        ImageTree image = Images.New()
            .Script("/.singularity.d/env/90-environment.sh", "export X=\"${X}90\"\nexport Y=y\n")
            .Script("/.singularity.d/env/10-first.sh", "export X=\"10-$Y\"\n")
            .Script("/.singularity.d/env/91-environment.sh", "X=\"${X}-91\"\nexport PATH=/opt/bin:$PATH\n");
        As.User.Run("exec", image.Path, "printenv", "X", "PATH").Prints($"10-90-91\n/opt/bin:{Caller.DefaultPath}");
    }

    [Fact]
    public void An_image_of_the_first_kind_has_one_script()
    {
        ImageTree image = Images.New().Script("/environment", "export X=old-image\n");
        As.User.Run("exec", image.Path, "printenv", "X").Prints("old-image");
    }

    [Fact]
    public void A_script_that_only_a_shell_can_evaluate_is_run_by_the_images()
    {
        ImageTree image = Images.New().Script("/.singularity.d/env/90-environment.sh", "export X=\"$(cat /etc/os-release | head -1)\"\nexport P=$$\n");
        As.User.With("MINE=mine").Run("exec", image.Path, "printenv", "X", "MINE").Prints("ID=busybox-test\nmine");
    }

    [Theory]
    [InlineData("exec", "cat", "[cat a b]")]
    [InlineData("run", "a", "[a a b]")]
    [InlineData("test", "a", "[a a b]")]
    [InlineData("shell", "-c", "[-c a b]")]
    public void A_script_sees_the_users_arguments_whoever_evaluates_it(string action, string first, string seen)
    {
        foreach (string shell in (string[])["", "id >/dev/null\n"])
        {
            ImageTree image = Images.New().Script("/.singularity.d/env/90-environment.sh", $"{shell}export X=\"[$*]\"\n")
                .Without("/bin/cat").Script("/bin/cat", "#!/bin/sh\necho \"$X\"\n").Script("/bin/a", "#!/bin/sh\necho \"$X\"\n")
                .Script("/.singularity.d/runscript", "#!/bin/sh\necho \"$X\"\n").Script("/.singularity.d/test", "#!/bin/sh\necho \"$X\"\n");
            As.User.Run(action, image.Path, first, "a", "b").Prints(seen);
        }
    }

    [Fact]
    public void What_a_script_takes_away_is_gone()
    {
        ImageTree image = Images.New().Script("/.singularity.d/env/90-environment.sh", "unset Y\nexport Z=$(echo shell)\n");
        As.User.With("X=x").Run("exec", "--env", "X=forced", image.Path, "sh", "-c", "echo \"$X [${Y-gone}] $Z\"").Prints("forced [gone] shell");
    }

    [Fact]
    public void A_bash_script_is_run_by_the_bash_of_the_image()
    {
        Need.Program("bash");
        ImageTree image = Images.New().Script("/.singularity.d/env/90-environment.sh",
            "declare -A m=([k]=v)\nif [[ $BASH_VERSION ]]; then export X=\"${m[k]}-${HOME^^}\"; else export X=plain; fi\n");
        AddProgramWithLibraries(image, "/bin/bash", "/bin/bash");
        image.Without("/bin/sh").Link("/bin/sh", "bash");
        As.User.Run("exec", image.Path, "printenv", "X").Prints("v-" + TestUser.First.Home.ToUpperInvariant());
    }

    [Fact]
    public void A_script_bound_into_the_directory_is_sourced()
    {
        ImageTree image = Images.New().Script("/.singularity.d/env/90-environment.sh", "export X=image\n");
        string directory = Host.Directory();
        Host.Write($"{directory}/script", "export X=\"$X-bound\"\n");
        As.User.Run("exec", "-B", $"{directory}/script:/.singularity.d/env/98-bound.sh", image.Path, "printenv", "X").Prints("image-bound");
        Host.Write($"{directory}/whole/50-other.sh", "export X=whole\n");
        As.User.Run("exec", "-B", $"{directory}/whole:/.singularity.d/env", image.Path, "printenv", "X").Prints("whole");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_image_from_OCI_without_a_shell_has_its_environment_and_entrypoint(bool sif)
    {
        // As the peers' converter writes them; the only program is one that prints arguments and environment.
        ImageTree image = Images.Bare(("/bin/busybox", "/bin/busybox"))
            .Directory("/etc").Directory("/tmp").Directory("/sys").Directory("/home").Directory("/var/tmp")
            .Link("/bin/awk", "busybox").Script("/bin/printenv", Images.Printenv).Link("/bin/echo", "busybox")
            .Script("/.singularity.d/env/01-base.sh", "#!/bin/sh\n#\n# Base\n")
            .Script("/.singularity.d/env/10-docker2singularity.sh", "#!/bin/sh\nexport PATH=\"/bin:/opt/bin\"\nexport LANGUAGE=\"${LANGUAGE:-\"de\"}\"\nexport EMPTY=\"${EMPTY:-}\"\n")
            .Script("/.singularity.d/env/99-base.sh", "#!/bin/sh\nif [ -z \"$LD_LIBRARY_PATH\" ]; then\n    LD_LIBRARY_PATH=\"/.singularity.d/libs\"\nelse\n    LD_LIBRARY_PATH=\"$LD_LIBRARY_PATH:/.singularity.d/libs\"\nfi\nexport LD_LIBRARY_PATH\n")
            .Script("/.singularity.d/runscript", OciRunscript);
        string path = sif ? image.Sif() : image.Path;
        As.User.Run("exec", path, "printenv", "LANGUAGE", "EMPTY").Prints("de\n");
        As.User.With("LANGUAGE=fr").Run("exec", path, "printenv", "LANGUAGE").Prints("de");       // scripts do not see the host's
        As.User.With("APPTAINERENV_LANGUAGE=fr").Run("exec", path, "printenv", "LANGUAGE").Prints("fr");
        As.User.Run("run", path).Prints("entry point default");
        As.User.Run("run", path, "my", "own  words").Prints("entry point my own  words");
        As.User.Run("exec", path, "sh").IsFatal("executable file not found in $PATH");
    }

    private const string OciRunscript = """
        #!/bin/sh
        OCI_ENTRYPOINT='"/bin/echo" "entry" "point"'
        OCI_CMD='"default"'

        # When SINGULARITY_NO_EVAL set, use OCI compatible behavior that does
        # not evaluate resolved CMD / ENTRYPOINT / ARGS through the shell, and
        # does not modify expected quoting behavior of args.
        if [ -n "$SINGULARITY_NO_EVAL" ]; then
            # ENTRYPOINT only - run entrypoint plus args
            if [ -z "$OCI_CMD" ] && [ -n "$OCI_ENTRYPOINT" ]; then
                set -- '/bin/echo' 'entry' 'point' "$@"

                exec "$@"
            fi

            # CMD only - run CMD or override with args
            if [ -n "$OCI_CMD" ] && [ -z "$OCI_ENTRYPOINT" ]; then
                if [ $# -eq 0 ]; then
                    set -- 'default' "$@"
                fi

                exec "$@"
            fi

            # ENTRYPOINT and CMD - run ENTRYPOINT with CMD as default args
            # override with user provided args
            if [ $# -gt 0 ]; then
                set -- '/bin/echo' 'entry' 'point' "$@"
            else
                set -- '/bin/echo' 'entry' 'point' 'default' "$@"
            fi
            exec "$@"
        fi

        # Standard Singularity behavior evaluates CMD / ENTRYPOINT / ARGS
        # combination through shell before exec, and requires special quoting
        # due to concatenation of CMDLINE_ARGS.
        CMDLINE_ARGS=""
        # prepare command line arguments for evaluation
        for arg in "$@"; do
                CMDLINE_ARGS="${CMDLINE_ARGS} \"$arg\""
        done

        # ENTRYPOINT only - run entrypoint plus args
        if [ -z "$OCI_CMD" ] && [ -n "$OCI_ENTRYPOINT" ]; then
            if [ $# -gt 0 ]; then
                SINGULARITY_OCI_RUN="${OCI_ENTRYPOINT} ${CMDLINE_ARGS}"
            else
                SINGULARITY_OCI_RUN="${OCI_ENTRYPOINT}"
            fi
        fi

        # CMD only - run CMD or override with args
        if [ -n "$OCI_CMD" ] && [ -z "$OCI_ENTRYPOINT" ]; then
            if [ $# -gt 0 ]; then
                SINGULARITY_OCI_RUN="${CMDLINE_ARGS}"
            else
                SINGULARITY_OCI_RUN="${OCI_CMD}"
            fi
        fi

        # ENTRYPOINT and CMD - run ENTRYPOINT with CMD as default args
        # override with user provided args
        if [ -n "$OCI_CMD" ] && [ -n "$OCI_ENTRYPOINT" ]; then
            if [ $# -gt 0 ]; then
                SINGULARITY_OCI_RUN="${OCI_ENTRYPOINT} ${CMDLINE_ARGS}"
            else
                SINGULARITY_OCI_RUN="${OCI_ENTRYPOINT} ${OCI_CMD}"
            fi
        fi

        # Evaluate shell expressions first and set arguments accordingly,
        # then execute final command as first container process
        eval "set ${SINGULARITY_OCI_RUN}"
        exec "$@"

        """;

    /// <summary>Copies a dynamic program of the host with what `ldd` names.</summary>
    private static void AddProgramWithLibraries(ImageTree image, string inside, string program)
    {
        image.Copy(inside, program);
        foreach (string word in Host.Run("ldd", program).Split((char[]?)null, System.StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith('/') && !System.IO.File.Exists(image.Path + word))
            {
                image.Copy(word, word);
            }
        }
    }
}

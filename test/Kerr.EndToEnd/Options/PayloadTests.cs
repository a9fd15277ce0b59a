using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>What is run: runscript, test, shell, applications; `--app`, `--shell`.</summary>
public class PayloadTests
{
    private static ImageTree WithScripts() => Images.New()
        .Script("/.singularity.d/runscript", "#!/bin/sh\necho \"run $# [$*] $FROM_ENV\"\nexit 3\n")
        .Script("/.singularity.d/test", "#!/bin/sh\necho \"test $# [$*]\"\n")
        .Script("/.singularity.d/env/90-environment.sh", "export FROM_ENV=sourced\n");

    private static ImageTree WithApps() => Images.New()
        .Script("/.singularity.d/env/95-apps.sh", """
            if test -n "${SINGULARITY_APPNAME:-}"; then
                PATH="/scif/apps/${SINGULARITY_APPNAME}/bin:$PATH"
                export PATH
                for f in "/scif/apps/${SINGULARITY_APPNAME}/scif/env/"*.sh; do
                    test -f "$f" && . "$f"
                done
            fi

            """)
        .Script("/scif/apps/foo/scif/runscript", "#!/bin/sh\necho \"app foo runs $* as $FOO\"\n")
        .Script("/scif/apps/foo/scif/test", "#!/bin/sh\necho \"app foo tests $*\"\nexit 4\n")
        .Script("/scif/apps/foo/scif/env/90-environment.sh", "export FOO=foo-variable\n")
        .Script("/scif/apps/foo/bin/only-foo", "#!/bin/sh\necho found\n");

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void Run_executes_the_runscript_with_the_arguments(Profile profile)
    {
        Result result = As.By(profile).Run("run", WithScripts().Path, "a b", "c").Ends(3).Silent();
        Assert.Equal("run 2 [a b c] sourced", result.Line);
    }

    [Fact]
    public void Run_of_a_SIF_executes_the_runscript()
        => Assert.Equal("run 1 [x] sourced", As.User.Run("run", WithScripts().Sif(), "x").Ends(3).Line);

    [Fact]
    public void Run_without_a_runscript_is_a_shell()
        => As.User.Reading("echo from-shell $0\nexit 5\n").Run("run", Images.Directory).Ends(5).Warns("No runscript found in container, executing /bin/sh");

    [Fact]
    public void Options_after_the_image_are_the_payloads()
        => Assert.Equal("run 2 [--pid -c] sourced", As.User.Run("run", WithScripts().Path, "--pid", "-c").Ends(3).Line);

    [Fact]
    public void Test_executes_the_test_script()
        => As.User.Run("test", WithScripts().Path, "x").Prints("test 1 [x]");

    [Fact]
    public void Test_without_a_script_is_no_failure()
        => As.User.Run("test", Images.Directory).Ends(0).Warns("No test script found in container, exiting");

    [Fact]
    public void App_runs_the_applications_script_in_its_environment()
        => As.User.Run("run", "--app", "foo", WithApps().Path, "x").Prints("app foo runs x as foo-variable");

    [Fact]
    public void App_tests_the_application()
        => Assert.Equal("app foo tests x", As.User.Run("test", "--app", "foo", WithApps().Path, "x").Ends(4).Line);

    [Fact]
    public void App_puts_the_applications_programs_into_the_path()
    {
        string image = WithApps().Path;
        As.User.Run("exec", "--app", "foo", image, "only-foo").Prints("found");
        As.User.With("APPTAINER_APP=foo").Run("exec", image, "only-foo").Prints("found");
        As.User.Run("exec", image, "only-foo").IsFatal("executable file not found in $PATH");
    }

    [Fact]
    public void An_application_that_is_not_there_is_said()
        => As.User.Run("run", "--app", "bar", WithApps().Path).Ends(1).Warns("bar");

    [Fact]
    public void Shell_reads_commands_and_ends_with_the_last()
        => Assert.Equal("hello", As.User.Reading("echo hello\nexit 6\n").Run("shell", Images.Directory).Ends(6).Line);

    [Fact]
    public void Shell_takes_the_program_of_the_option()
    {
        ImageTree image = Images.New().Script("/bin/my-shell", "#!/bin/sh\necho \"mine $#\"\n");
        As.User.Run("shell", "--shell", "/bin/my-shell", image.Path).Prints("mine 0");
        As.User.With("APPTAINER_SHELL=/bin/my-shell").Run("shell", image.Path).Prints("mine 0");
    }

    [Fact]
    public void A_shell_that_is_not_there_gives_way_to_the_images()
        => Assert.Equal("/bin/sh", As.User.Reading("echo $SHELL\n").Run("shell", "--shell", "/bin/none", Images.Directory).Succeeds().Line);

    [Theory]
    [InlineData("run")]
    [InlineData("test")]
    [InlineData("exec", "sh", "-c", "echo $SINGULARITY_COMMAND $APPTAINER_COMMAND")]
    public void The_command_is_told_to_the_payload(string action, params string[] arguments)
    {
        ImageTree image = Images.New()
            .Script("/.singularity.d/runscript", "#!/bin/sh\necho $SINGULARITY_COMMAND $APPTAINER_COMMAND\n")
            .Script("/.singularity.d/test", "#!/bin/sh\necho $SINGULARITY_COMMAND $APPTAINER_COMMAND\n");
        As.User.Run([action, image.Path, .. arguments]).Prints($"{action} {action}");
    }
}

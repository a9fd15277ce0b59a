using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Messages;

/// <summary>Exit codes and messages when something is wrong with the command line, the payload or the image.</summary>
public class FailureTests
{
    [Theory]
    [InlineData("exec")]
    [InlineData("exec", "image")]
    [InlineData("run")]
    [InlineData("frob")]
    [InlineData("exec", "--frob", "image", "true")]
    [InlineData("exec", "--bind")]
    public void A_command_line_that_is_wrong_ends_with_1_and_shows_where_help_is(params string[] line)
        => As.User.Run(line).Ends(1).Warns("--help");

    [Fact]
    public void A_program_that_is_not_there_is_said()
    {
        As.User.Run("exec", Images.Directory, "frob").IsFatal("\"frob\": executable file not found in $PATH");
        As.User.Run("exec", "--pid", Images.Directory, "frob").IsFatal("\"frob\": executable file not found in $PATH");
        As.User.Run("exec", Images.Directory, "/bin/frob").IsFatal("/bin/frob");
    }

    [Fact]
    public void A_missing_interpreter_is_not_taken_for_a_missing_program()
    {
        ImageTree image = Images.New().Script("/bin/script", "#!/no/interpreter\n");
        As.User.Run("exec", image.Path, "script").IsFatal("exec /bin/script failed: the interpreter is not in the image: #!/no/interpreter\n");
        ImageTree windows = Images.New().Script("/bin/script", "#!/bin/sh\r\necho\r\n");
        As.User.Run("exec", windows.Path, "script").IsFatal("the interpreter is not in the image: #!/bin/sh?\n         its lines end in CR and LF\n");
        ImageTree bare = Images.Bare(("/hello", StaticPrograms.Exit37)).Script("/script", "echo\n");
        As.User.Run("exec", bare.Path, "/script").IsFatal("exec /script failed: Exec format error").Warns("neither a program nor a script that begins with #!");
        ImageTree dynamic = Images.New().Copy("/bin/dynamic", "/bin/ls");
        As.User.Run("exec", dynamic.Path, "dynamic").IsFatal("a shared library is likely missing in the image");
    }

    [Fact]
    public void A_file_that_may_not_be_executed_is_said()
    {
        ImageTree image = Images.New().File("/opt/data", "not a program\n");
        As.User.Run("exec", image.Path, "/opt/data").IsFatal("exec /opt/data failed: Permission denied");
        As.User.Run("exec", image.Path, "/opt").IsFatal("/opt");
    }

    [Fact]
    public void A_script_without_a_first_line_is_run_by_the_shell()
    {
        ImageTree image = Images.New().Script("/bin/script", "echo \"plain $*\"\n");
        As.User.Run("exec", image.Path, "script", "a", "b").Prints("plain a b");
        As.User.Run("exec", image.Path, "/bin/script").Prints("plain ");
    }

    [Fact]
    public void A_program_for_another_processor_is_said()
    {
        byte[] arm = new byte[64];
        "\x7F"u8.CopyTo(arm);
        "ELF"u8.CopyTo(arm.AsSpan(1));
        arm[4] = 2;
        arm[5] = arm[6] = 1;
        arm[16] = 2;
        arm[18] = 0xB7;
        arm[20] = 1;
        ImageTree image = Images.New();
        foreach (string name in (string[])["/bin/arm", "/bin/sh"])
        {
            File.Delete(image.Path + name);
            File.WriteAllBytes(image.Path + name, arm);
            File.SetUnixFileMode(image.Path + name, Modes.Everybody);
        }

        As.User.Run("exec", image.Path, "/bin/arm").Ends(255).Warns("FATAL:").Warns("arm64");
    }

    [Fact]
    public void Every_failure_of_ours_has_a_remedy_on_its_own_line()
    {
        string[][] launches =
        [
            ["exec", "/no/such.sif", "true"],
            ["exec", "-B", "/no/such:/mnt", Images.Directory, "true"],
            ["exec", "--network", "frob", "--net", Images.Directory, "true"],
            ["exec", "--writable", Images.Directory, "true"],
            ["exec", Images.Directory, "frob"],
            ["exec", "--dns", "x", Images.Directory, "true"],
        ];
        foreach (string[] launch in launches)
        {
            string[] lines = As.User.Run(launch).Ends(255).Err.TrimEnd('\n').Split('\n');
            Assert.StartsWith("FATAL:   ", lines[0], System.StringComparison.Ordinal);
            Assert.True(lines.Length == 2 && lines[1].StartsWith("         ", System.StringComparison.Ordinal), string.Join('\n', lines));
        }
    }

    [Fact]
    public void Output_that_nobody_reads_is_no_internal_error()
        => Assert.DoesNotContain("internal", As.User.Named("/bin/sh").Run("-c", $"{Tree.Bin("kerr")} help | true; {Tree.Bin("kerr")} explain exec {Images.Directory} true | head -c 1 > /dev/null").Err, System.StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void Help_and_version_need_nothing()
    {
        As.User.WithOnly().In("/").Run("--help").Shows("exec");
        As.User.WithOnly().Run("exec", "--help").Shows("--bind");
        As.User.WithOnly().Run("help", "exec").Shows("--bind");
        Assert.Matches(@"^[0-9]+\.[0-9]+\.[0-9]+", As.User.WithOnly().Run("version").Succeeds().Silent().Line);
    }
}

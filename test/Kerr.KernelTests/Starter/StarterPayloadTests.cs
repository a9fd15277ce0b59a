using System;
using System.IO;
using System.Linq;
using Kerr.Plan;
using Xunit;

namespace Kerr.KernelTests.Starter;

/// <summary>How the payload is chosen and executed, and what it finds in itself.</summary>
public sealed class StarterPayloadTests(StarterHost host) : IClassFixture<StarterHost>
{
    private const string ExecMerge = "exec @KERR_MERGE@";

    [Theory]
    [InlineData("nosuch", "FATAL:   \"nosuch\": executable file not found in $PATH\n         check the name\n")]
    [InlineData("/bin/nosuch", "FATAL:   exec /bin/nosuch failed: No such file or directory (ENOENT)\n         name a program that is in the image\n")]
    [InlineData("/etc/passwd", "FATAL:   exec /etc/passwd failed: Permission denied (EACCES)\n         check its permissions, and whether it lies on a file system that is mounted noexec\n")]
    [InlineData("/bin/foreign", "FATAL:   image targets 'arm64', cannot run on 'amd64'\n         take an image that was built for this machine's processor\n")]
    [InlineData("/bin/interpreter", "FATAL:   exec /bin/interpreter failed: the interpreter is not in the image: #!/no/such/thing\n")]
    [InlineData("/bin/dynamic", "FATAL:   exec /bin/dynamic failed: a shared library is likely missing in the image\n")]
    public void Says_why_a_command_cannot_be_executed(string command, string message)
    {
        StarterHost.Need();
        Executable("bin/foreign", [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 183, 0]);
        Executable("bin/interpreter", "#!/no/such/thing\n"u8.ToArray());
        Executable("bin/dynamic", File.ReadAllBytes("/usr/bin/true")); // the image has no dynamic linker

        StarterResult result = host.Run(new Launches(host.Image).Run(command));

        Assert.Equal((255, "", message), (result.ExitCode, result.Output, result.Errors));
    }

    [Fact]
    public void A_script_without_first_line_is_run_by_the_shell()
    {
        StarterHost.Need();
        Executable("bin/script", "echo \"$0 $1 $#\"\n"u8.ToArray());

        Assert.Equal("/bin/script one 2\n", host.Run(new Launches(host.Image).Run("/bin/script", "one", "two words")).Output);
    }

    [Fact]
    public void The_first_candidate_that_fits_is_taken()
    {
        StarterHost.Need();

        StarterResult result = host.Run(new Launches(host.Image).Run(
            ("/.singularity.d/runscript", ["no"], CandidateFlags.IfExecutable),
            ("/etc/passwd", ["no"], CandidateFlags.IfExecutable),
            ("/bin/sh", ["sh", "-c", "exit 5"], CandidateFlags.IfExecutable),
            ("/bin/true", ["true"], 0)));

        Assert.Equal(5, result.ExitCode);
    }

    [Theory]
    [InlineData("PATH=/nowhere:/bin", 0)]
    [InlineData("PATH=/etc:/bin", 0)]
    [InlineData("PATH=", 255)]
    [InlineData("X=1", 255)]
    public void A_name_is_looked_up_in_the_path_of_the_environment(string path, int code)
    {
        StarterHost.Need();

        Assert.Equal(code, host.Run(new Launches(host.Image) { Environment = [path] }.Run("true")).ExitCode);
    }

    [Fact]
    public void Arguments_and_environment_arrive_byte_by_byte()
    {
        StarterHost.Need();
        string[] variables = ["PATH=/bin", "A= b\n\t'\"$x", "B=\u00ff\u0080\u0001", "X()=() { :; }", "=odd", "EMPTY="];

        StarterResult result = host.Run(new Launches(host.Image) { Environment = variables, Mounts = BindProc }.Run("/bin/cat", "/proc/self/environ", "/proc/self/cmdline", "/\u00e9 \n"));

        Assert.Equal(string.Join('\0', variables) + "\0/bin/cat\0/proc/self/environ\0/proc/self/cmdline\0/\u00e9 \n\0", result.Output);
    }

    [Fact]
    public void Ten_thousand_variables_and_an_argument_of_128_KiB_are_no_trouble()
    {
        StarterHost.Need();
        string[] variables = [.. Enumerable.Range(0, 10_000).Select(i => $"V{i}={i}"), "PATH=/bin"];
        string argument = new('x', 131_071);

        StarterResult direct = host.Run(new Launches(host.Image) { Environment = variables }.Run("/bin/sh", "-c", "env | grep -c ^V; echo ${#1}", "sh", argument));
        StarterResult merged = host.Run(new Launches(host.Image) { Environment = variables, Script = ExecMerge, Mounts = BindProc }.Shell("env | grep -c ^V"));

        Assert.Equal(("10000\n131071\n", "10000\n"), (direct.Output, merged.Output));
    }

    [Fact]
    public void An_argument_that_the_kernel_does_not_take_is_told()
    {
        StarterHost.Need();

        StarterResult result = host.Run(new Launches(host.Image).Run("/bin/true", new string('x', 131_072)));

        Assert.Equal(255, result.ExitCode);
        Assert.StartsWith("FATAL:   exec /bin/true failed: Argument list too long (E2BIG)\n         shorten ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_of_the_image_s_shell_sets_the_environment_in_the_same_process()
    {
        StarterHost.Need();

        StarterResult result = host.Run(new Launches(host.Image)
        {
            Mounts = BindProc,
            Environment = ["PATH=/bin", "GONE=x", "BACK=x", "EMPTIED=x", "KEPT=plan", "odd-name=1"],
            Script = $"echo script $$ $# \"$1\"; export KEPT=script NEW='a b' EMPTIED=; unset GONE BACK; export KERR_DEFINED=' GONE '; PATH=/usr/bin:$PATH; {ExecMerge}",
        }.Run("/bin/cat", "/proc/self/environ", "/proc/self/stat"));

        string[] parts = result.Output.Split('\n', 2);
        string[] left = parts[1].Split('\0');
        Assert.Equal("", result.Errors);
        Assert.Matches("^script [0-9]+ 3 /bin/cat$", parts[0]);
        Assert.StartsWith(parts[0].Split(' ')[1] + " (cat)", left[^1], StringComparison.Ordinal); // one process all the way
        Assert.Equal(
            ["BACK=x", "EMPTIED=", "KEPT=script", "NEW=a b", "PATH=/usr/bin:/bin", "PWD=/", "odd-name=1"], // "odd-name" no shell would carry
            left[..^1].Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Nothing_of_the_scripts_stays_open_in_the_payload()
    {
        StarterHost.Need();

        StarterResult result = host.Run(new Launches(host.Image) { Mounts = BindProc, Script = ExecMerge }.Shell("for fd in /proc/$$/fd/*; do readlink $fd; done; true"));

        Assert.DoesNotContain("kerr", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_scripts_in_the_image_no_shell_is_run()
    {
        StarterHost.Need();

        StarterResult result = host.Run(new Launches(host.Image) { ExecFlags = ExecFlags.ScriptIfPresent, Script = "exit 3" }.Run("/bin/true"));

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
    }

    [Fact]
    public void A_script_that_is_required_and_cannot_be_run_ends_the_launch()
    {
        StarterHost.Need();

        StarterResult result = host.Run(new Launches(host.Image) { ExecFlags = ExecFlags.ScriptRequired, Script = ExecMerge }.Run("/bin/true")); // no /proc inside

        Assert.Equal(255, result.ExitCode);
        Assert.StartsWith("FATAL:   the image's environment scripts cannot be run: No such file or directory (ENOENT)\n", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_payload_has_no_capability_and_cannot_gain_any()
    {
        StarterHost.Need();

        StarterResult result = host.Run(new Launches(host.Image) { Mounts = BindProc }.Run("/bin/grep", "-E", "^(Cap|NoNew)", "/proc/self/status"));

        Assert.Equal(
            string.Concat(((string[])["Inh", "Prm", "Eff", "Bnd", "Amb"]).Select(set => $"Cap{set}:\t0000000000000000\n")) + "NoNewPrivs:\t1\n",
            result.Output);
    }

    [Theory]
    [InlineData("/bin", "/bin")]
    [InlineData("/nowhere", "/etc")]
    [InlineData("/proc/self/fd/7/..", "/etc")] // a descriptor of the host: outside (CVE-2024-21626)
    public void The_working_directory_is_the_first_that_is_inside(string first, string found)
    {
        StarterHost.Need();

        StarterResult result = host.Run(
            new Launches(host.Image) { Directories = [first, "/etc"], Environment = ["PWD=/wrong"], Mounts = BindProc }.Run("/bin/sh", "-c", "echo $PWD"), "sh", "-c", "exec 7</usr/bin; exec \"$@\"", "sh");

        Assert.Equal((found + "\n", ""), (result.Output, result.Errors));
    }

    [Fact]
    public void Debug_tells_each_step_with_its_place_in_the_source()
    {
        StarterHost.Need();
        var launch = new Launches(host.Image);
        launch.Plan.LogLevel = 5;

        string[] lines = host.Run(launch.Run("/bin/true")).Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(11, lines.Length);
        Assert.All(lines, line => Assert.Matches(@"^DEBUG   \[U=\d+,P=\d+\] *[A-Z]\w+\.cs:\d+:\w+\(\) *: \S", line));
        Assert.All(lines, line => Assert.Equal(": ", line[67..69]));
        Assert.Contains(lines, line => line.EndsWith("Not raising privileges: user namespace", StringComparison.Ordinal));
    }

    [Fact]
    public void Timings_end_in_a_total()
    {
        StarterHost.Need();
        var launch = new Launches(host.Image);
        launch.Plan.Flags |= HeaderFlags.Timings;

        string[] lines = host.Run(launch.Run("/bin/true")).Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.All(lines, line => Assert.Matches(@"^TIMING:  [a-z ]{32} +\d+\.\d{3} ms$", line));
        Assert.StartsWith("TIMING:  plan                               1.500 ms", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("TIMING:  total", lines[^1], StringComparison.Ordinal);
    }

    internal static void BindProc(PlanBuilder plan) => plan.Add(StepKind.Mount, "/proc", "/proc", flags: Launches.HostBind);

    private void Executable(string name, byte[] content)
    {
        string path = Path.Combine(host.Image, name);
        if (!File.Exists(path))
        {
            File.WriteAllBytes(path, content);
            File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
        }
    }
}

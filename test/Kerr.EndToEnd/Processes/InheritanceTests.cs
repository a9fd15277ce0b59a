using System.Linq;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Processes;

/// <summary>What the payload has of its caller: descriptors, umask, limits, group, priority, id.</summary>
public class InheritanceTests
{
    public static readonly TheoryData<string> Launches = ["exec", "exec --contain", "exec --pid", "exec --containall"];

    [Theory]
    [MemberData(nameof(Launches))]
    public void Inherited_descriptors_are_kept_and_none_of_ours_is_there(string action)
    {
        foreach (string image in (string[])[Images.Directory, Images.Sif])
        {
            // 0, 1, 2, two of the caller; the last is the directory that ls itself has open.
            Result result = As.User.Under("bash", "-c", "exec 5</etc/passwd 11>&1; exec \"$@\"", "sh")
                .Run([.. action.Split(' '), image, "sh", "-c", "head -c 4 <&5; echo; echo written >&11; ls /proc/self/fd"]).Succeeds();
            Assert.Equal(["root", "written", "0", "1", "2", "3", "5", "11"], result.Lines.OrderBy(static line => int.TryParse(line, out int n) ? n : -1));
        }
    }

    [Fact]
    public void A_socket_of_the_caller_works_inside()
    {
        // As PMI does it: a number in the environment, a socket behind it.
        As.User.Named("/usr/bin/python3").Run("-c", $$"""
            import os, socket, subprocess, sys
            ours, theirs = socket.socketpair()
            os.set_inheritable(theirs.fileno(), True)
            p = subprocess.Popen(['{{Tree.Bin("kerr")}}', 'exec', '{{Images.Directory}}', 'sh', '-c', 'read line <&$PMI_FD; echo "got $line" >&$PMI_FD'],
                                 close_fds=False, env={'PMI_FD': str(theirs.fileno())})
            theirs.close()
            ours.sendall(b'cmd=init\n')
            print(ours.recv(100).decode(), end='')
            sys.exit(p.wait())
            """).Prints("got cmd=init");
    }

    [Fact]
    public void Closed_standard_streams_stay_closed_and_nothing_of_ours_takes_their_place()
        => As.User.Under("sh", "-c", "exec \"$@\" <&- 2>&-", "sh").Run("exec", Images.Directory, "sh", "-c", "ls /proc/$$/fd; true").Prints("1");

    [Theory]
    [MemberData(nameof(Launches))]
    public void The_umask_is_the_callers(string action)
    {
        foreach (string mask in (string[])["0027", "0077", "0000"])
        {
            As.User.Under("sh", "-c", $"umask {mask}; exec \"$@\"", "sh").Run([.. action.Split(' '), Images.Directory, "sh", "-c", "umask; touch ~/../kerr-none 2>/dev/null; true"]).Prints(mask);
        }
    }

    [Theory]
    [InlineData("--no-umask")]
    [InlineData("--compat")]
    public void No_umask_gives_the_usual_one(string option)
        => As.User.Under("sh", "-c", "umask 0077; exec \"$@\"", "sh").Run("exec", option, Images.Directory, "sh", "-c", "umask").Prints("0022");

    [Fact]
    public void Resource_limits_are_the_callers()
        => As.User.Under("prlimit", "--nofile=100:200", "--core=0", "--stack=4194304", "--data=500000000")
            .Run("exec", "--containall", Images.Directory, "sh", "-c", "grep -E 'open files|core|stack|data' /proc/self/limits | tr -s ' ' | sort")
            .Prints("Max core file size 0 0 bytes \nMax data size 500000000 500000000 bytes \nMax open files 100 200 files \nMax stack size 4194304 4194304 bytes ");

    [Fact]
    public void Priority_and_processors_are_the_callers()
    {
        // A priority that is lowered goes on from the one of whoever runs the tests.
        string[] look = ["sh", "-c", "cut -d' ' -f19 /proc/self/stat; grep Cpus_allowed: /proc/self/status"];
        string here = Host.Run(["nice", "-n", "7", "taskset", "1", .. look]);
        Assert.EndsWith("\nCpus_allowed:\t1\n", here, System.StringComparison.Ordinal);
        As.User.Under("nice", "-n", "7", "taskset", "1").Run(["exec", Images.Directory, .. look]).Prints(here.TrimEnd());
    }

    [Fact]
    public void The_process_group_is_the_callers()
    {
        using Running running = As.User.Start("exec", Images.Directory, "sh", "-c", "cut -d' ' -f5,6 /proc/$$/stat");
        Result result = running.Wait().Succeeds();
        Assert.StartsWith($"{running.Pid} ", result.Line, System.StringComparison.Ordinal);
        string session = Host.Run("ps", "-o", "sid=", "-p", System.Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture)).Trim();
        Assert.EndsWith($" {session}", result.Line, System.StringComparison.Ordinal);
    }

    [Fact]
    public void Supplementary_groups_have_their_rights_inside()
    {
        string directory = Host.Directory();
        Host.Run("chgrp", TestUser.First.Name, directory);
        System.IO.File.SetUnixFileMode(directory, (System.IO.UnixFileMode)0x1F8);      // 0770: root and the group
        As.User.Run("exec", "-B", $"{directory}:/mnt", Images.Directory, "touch", "/mnt/f").Succeeds();
    }

    [Fact]
    public void A_relative_command_and_one_with_a_slash_are_not_searched_for()
    {
        ImageTree image = Images.New().Script("/opt/script", "#!/bin/sh\necho \"script $0\"\n");
        As.User.Run("exec", "--pwd", "/opt", image.Path, "./script").Prints("script ./script");
        As.User.Run("exec", image.Path, "/opt/script").Prints("script /opt/script");
    }

    [Fact]
    public void The_name_of_the_program_is_what_was_written()
        => As.User.Run("exec", Images.Directory, "sh", "-c", "tr '\\0' ' ' < /proc/$$/cmdline; cat /proc/$$/comm; true").Shows("sh -c tr").Shows("sh\n");

    [Fact]
    public void Arguments_come_through_byte_by_byte()
        => Assert.Equal("[]\n[a b]\n[it's \"q\"]\n[$HOME]\n[*]\n[\n]\n[\u00FF\u0080]\n",
            As.User.Run("exec", Images.Directory, "printf", "[%s]\\n", "", "a b", "it's \"q\"", "$HOME", "*", "\n", "\u00FF\u0080").Succeeds().Out);
}

using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F30: few processes, few files: a launch needs little, and says what it lacks.</summary>
public class F30_ScarceTests
{
    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    public void Sixty_four_files_are_enough(string options)
    {
        foreach (string image in (string[])[Images.Directory, Images.Sif])
        {
            As.User.Having("limit", "nofile", "64").Run(Line(options, image)).Prints("here");
        }
    }

    [Theory]
    [InlineData(20, "")]
    [InlineData(20, "-C")]
    public void Twenty_processes_of_a_control_group_are_enough(int most, string options)
    {
        foreach (string image in (string[])[Images.Directory, Images.Sif])
        {
            InGroup(most, caller => caller.Run(Line(options, image)).Prints("here"));
        }
    }

    [Theory]
    [InlineData(1, "-C", false)]
    [InlineData(1, "", true)]
    [InlineData(2, "-C", false)]
    [InlineData(3, "-C", true)]
    public void Fewer_than_needed_is_told_or_suffices(int most, string options, bool sif)
        => InGroup(most, caller =>
        {
            Result result = caller.Run(Line(options, sif ? Images.Sif : Images.Directory));
            Assert.True(result is { ExitCode: 0, Out: "here\n" } || (result.ExitCode is 255 or 134 && result.Err.Length > 0), result.ToString());
        });

    private static string[] Line(string options, string image)
        => ["exec", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), image, "/bin/echo", "here"];

    /// <summary>Runs a test as the user in a control group with so many processes at most.</summary>
    private static void InGroup(int most, Action<Caller> test)
    {
        string parent = Directory.Exists("/sys/fs/cgroup/pids") ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup";
        if (!File.Exists(parent + "/pids.max") && !File.Exists(parent + "/cgroup.procs"))
        {
            Need.Missing("a control group of processes");
        }

        string group = $"{parent}/kerr-test-{Guid.NewGuid():N}";
        Directory.CreateDirectory(group);
        try
        {
            if (!File.Exists(group + "/pids.max"))
            {
                Need.Missing("the pids controller of control groups");
            }

            _ = As.User;
            File.WriteAllText(group + "/pids.max", most.ToString(System.Globalization.CultureInfo.InvariantCulture));
            test(As.User with { User = null, Wrapper = [Programs.Caller, "cgroup", group, "--", .. TestUser.First.Command] });
        }
        finally
        {
            for (int i = 0; i < 100 && File.ReadAllText(group + "/cgroup.procs").Length > 0; i++)
            {
                System.Threading.Thread.Sleep(10);
            }

            Directory.Delete(group);
        }
    }
}

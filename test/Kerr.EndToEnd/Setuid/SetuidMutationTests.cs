using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Kerr.EndToEnd.Faults;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>What the setuid mode reads, damaged at random by a seed: kerr.conf, which the privileged half reads, and plans. Requests are damaged in S39.</summary>
public sealed class SetuidMutationTests(SetuidTree tree) : IClassFixture<SetuidTree>
{
    private const int Trap = 5;
    private static readonly int[] s_crashes = [4, Trap, 6, 7, 8, 11, 31];

    [Fact]
    public void A_damaged_configuration_is_read_or_refused()
    {
        tree.Configure("limit container owners = root, daemon, 7", "bind path = /etc/hosts, /etc/localtime:/etc/zone", "allow setuid-mount squashfs = yes");
        string plan = tree.Plan("exec", Images.Directory, "/bin/echo", "ran");
        byte[] good = File.ReadAllBytes(tree.Configuration);
        Starts(plan).Prints("ran");
        int ran = 0;
        foreach ((int seed, byte[] damaged) in Damaged(good, 0, Rounds.OfMutation(40)))
        {
            File.WriteAllBytes(tree.Configuration, damaged);
            Result result = Starts(plan);
            bool refused = result.ExitCode == 255 && result.Out.Length == 0 && result.Err.StartsWith("FATAL:   ", StringComparison.Ordinal);
            Assert.True(result.Signal == 0 && (refused || (result.ExitCode == 0 && result.Out == "ran\n")), $"seed {seed}\n{result}");
            ran += refused ? 0 : 1;
        }

        Assert.True(ran > 0, "no configuration was still one");
    }

    /// <summary>What stands there intact holds, whatever is damaged before it.</summary>
    [Theory]
    [InlineData("allow container dir = no")]
    [InlineData("limit container paths = /nowhere")]
    [InlineData("allow setuid = no")]
    public void No_damage_before_a_directive_undoes_it(string directive)
    {
        tree.Configure();
        string plan = tree.Plan("exec", Images.Directory, "/bin/echo", "ran");
        byte[] last = Encoding.ASCII.GetBytes("\n" + directive + "\n");
        byte[] good = [.. File.ReadAllBytes(tree.Configuration), .. last];
        foreach ((int seed, byte[] damaged) in Damaged(good, last.Length, Rounds.OfMutation(20)))
        {
            File.WriteAllBytes(tree.Configuration, damaged);
            Result result = Starts(plan);
            Assert.True(result.Signal == 0 && result.ExitCode == 255 && result.Out.Length == 0, $"seed {seed}\n{result}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("--pid --ipc --hostname inside")]
    public void A_damaged_plan_gains_nothing(string options)
    {
        tree.Configure();
        string plan = tree.Plan(["exec", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), Images.Directory, "/bin/sh", "-c", "grep -E '^(Uid|Gid|Cap|NoNew)' /proc/self/status; echo ran"]);
        byte[] good = File.ReadAllBytes(plan);
        string before = Canary();
        string[] usual = Starts(plan).Succeeds().Lines;
        foreach ((int seed, byte[] damaged) in Damaged(good, 0, Rounds.OfMutation(30)))
        {
            File.WriteAllBytes(plan, damaged);
            Result result = Starts(plan);
            Assert.True(!s_crashes.Contains(result.Signal) && (result.ExitCode is 255 or < 128 || result.Err.Contains("FATAL", StringComparison.Ordinal)), $"seed {seed}\n{result}");
            foreach (string line in result.Lines.Where(static line => line.StartsWith("Uid:", StringComparison.Ordinal) || line.StartsWith("Cap", StringComparison.Ordinal)))
            {
                Assert.True(usual.Contains(line), $"seed {seed}: {line}\n{result}");
            }

            Assert.True(seed % 10 != 0 || before == Canary(), $"seed {seed}: the host has changed");
        }
    }

    private Result Starts(string plan) => As.User.Named(Programs.Sealed).Run(plan, tree.Starter, "9", "--");

    /// <summary>Copies with one to four bytes, or a piece, changed, taken out or put in twice; the last bytes stay.</summary>
    private static IEnumerable<(int Seed, byte[] Damaged)> Damaged(byte[] good, int kept, int rounds)
    {
        for (int seed = 1; seed <= rounds; seed++)
        {
            var random = new Random(seed);
            List<byte> bytes = [.. good];
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                int at = random.Next(bytes.Count - kept), length = Math.Min(random.Next(1, 40), bytes.Count - kept - at);
                switch (random.Next(5))
                {
                    case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                    case 1: bytes[at] = (byte)random.Next(256); break;
                    case 2: bytes[at] = random.Next(2) == 0 ? (byte)0xFF : (byte)0; break;
                    case 3 when bytes.Count - kept > length + 1: bytes.RemoveRange(at, length); break;
                    default: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                }
            }

            yield return (seed, [.. bytes]);
        }
    }

    /// <summary>What a launch that went wrong might have changed on the host.</summary>
    private static string Canary() => Host.Run("sh", "-c", "hostname; stat -c '%u %g %a %s' /etc /etc/passwd /dev/null /tmp /usr/bin /root; wc -l </proc/self/mountinfo");
}

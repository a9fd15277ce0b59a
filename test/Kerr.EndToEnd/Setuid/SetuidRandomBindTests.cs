using System;
using System.Collections.Generic;
using System.IO;
using Kerr.EndToEnd.Faults;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>Command lines of many binds, drawn at random (seeded): on each other, through links, to places that are not there, with other views around them.</summary>
public sealed class SetuidRandomBindTests(SetuidTree tree) : IClassFixture<SetuidTree>
{
    private static readonly string[] s_targets = (
        "/mnt /mnt/a /mnt/a/b /mnt/a/b/c /mnt/c /mnt/new /mnt/new/x /la /la/b /opt/lc /opt/lc/b /opt/x /srv /data /data/../mnt/c /mnt//a /mnt/./a /le /etc /mnt/a/l /mnt/a/abs /mnt/a/abs/b "
        + "/newtop /newtop/deep /dangling /dangling/x /srv/f /etc/passwd /etc/hosts /lf /mnt/file").Split(' ');

    private static readonly string[] s_views = ["", "", "", "-C", "--no-home", "--underlay", "--writable-tmpfs", "--pid", "-c --scratch /scr", "-c --workdir HOST", "--no-mount hostfs,tmp", "--home HOST/A:/hh"];

    [Fact]
    public void What_they_show_is_what_they_show_in_a_user_namespace()
    {
        tree.Configure();
        ImageTree image = Images.New().Directory("/mnt/a/b").Directory("/mnt/c").Directory("/opt/x").Directory("/data").File("/mnt/file", "").File("/srv/f", "image\n")
            .Link("/la", "/mnt/a").Link("/opt/lc", "../mnt/c").Link("/le", "/etc").Link("/dangling", "nowhere").Link("/lf", "/mnt/file");
        string host = Host.Directory(TestUser.First);
        foreach (string letter in (string[])["A", "B", "C"])
        {
            Host.Write($"{host}/{letter}/name", letter + "\n");
            Host.Write($"{host}/{letter}/b/name", letter + "b\n");
            Directory.CreateDirectory($"{host}/{letter}/b/c");
            File.CreateSymbolicLink($"{host}/{letter}/l", "b");
            File.CreateSymbolicLink($"{host}/{letter}/abs", "/mnt/a");
        }

        Host.Run("chown", "-R", TestUser.First.Name, host);
        var random = new Random(20261127);
        int ran = 0, rounds = Rounds.Of(25, 7);
        for (int i = 0; i < rounds; i++)
        {
            string[] words = [.. Line(random, host), image.Path, "/bin/sh", "-c",
                "cd /; find mnt opt srv data etc newtop la le hh scr -name name -exec grep -H . {} + 2>/dev/null | sort; cut -d' ' -f5 /proc/self/mountinfo | grep -v /kerr | sort; cat etc/passwd srv/f"];

            Result there = tree.User.Run(["exec", "--userns", .. words]), here = tree.User.Run(["exec", .. words]);

            Assert.Equal(there.Err, here.Err);
            Assert.Equal(there.Out, here.Out);
            Assert.Equal(there.ExitCode, here.ExitCode);
            ran += here.ExitCode == 255 ? 0 : 1;
        }

        Assert.InRange(ran, rounds / 4, rounds); // else there was nothing to compare
    }

    private static List<string> Line(Random random, string host)
    {
        var words = new List<string>(s_views[random.Next(s_views.Length)].Replace("HOST", host, StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        int binds = random.Next(1, 14);
        for (int i = 0; i < binds; i++)
        {
            string target = s_targets[random.Next(s_targets.Length)];
            bool wrong = random.Next(50) == 0, file = target is "/srv/f" or "/etc/passwd" or "/etc/hosts" or "/lf" or "/mnt/file";
            string source = $"{host}/{"ABC"[random.Next(3)]}{(file != wrong ? "/name" : new[] { "", "/b", "/l" }[random.Next(3)])}";
            if (wrong || !target.StartsWith("/dangling", StringComparison.Ordinal))
            {
                words.AddRange(["-B", $"{source}:{target}{(random.Next(3) == 0 ? ":ro" : "")}"]);
            }
        }

        return words;
    }
}

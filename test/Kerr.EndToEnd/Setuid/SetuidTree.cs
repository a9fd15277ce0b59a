using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;

namespace Kerr.EndToEnd.Setuid;

/// <summary>The tree with the setuid starter, installed as an administrator does it: below /opt, whose directories root alone can change.</summary>
/// <remarks>The tests of one tree change it, and so run one after the other; each class has its own.</remarks>
public sealed class SetuidTree : IDisposable
{
    private readonly string usual;

    public SetuidTree()
    {
        _ = TestUser.First;
        Prefix = $"/opt/kerr-test-{Guid.NewGuid():N}"; // process ids repeat in other PID namespaces
        Host.Run($"{Source}/tools/install-tree", Tree.Root, Prefix, "", Prefix);
        Host.Run($"{Source}/tools/install-setuid", Tree.Root, Prefix);
        usual = File.ReadAllText(Configuration);
    }

    /// <summary>The project's own directory.</summary>
    public static string Source => Environment.GetEnvironmentVariable("KERR_SOURCE") ?? Above("tools/install-setuid");

    public string Prefix { get; }

    public string Starter => Prefix + "/libexec/kerr/starter-suid";

    public string Configuration => Prefix + "/etc/kerr/kerr.conf";

    /// <summary>A user who runs the installed program; its verbose lines say which mode was taken.</summary>
    internal Caller User => As.User.Named(Prefix + "/bin/kerr");

    internal Caller OtherUser => As.OtherUser.Named(Prefix + "/bin/kerr");

    /// <summary>Sets directives; those of a name given are replaced.</summary>
    public void Configure(params string[] lines)
    {
        string text = usual;
        foreach (string line in lines)
        {
            string name = line[..line.IndexOf('=', StringComparison.Ordinal)];
            text = string.Join('\n', Array.FindAll(text.Split('\n'), kept => !kept.StartsWith(name, StringComparison.Ordinal))) + "\n" + line + "\n";
        }

        File.WriteAllText(Configuration, text);
    }

    /// <summary>A directory that root alone can change, for images that the kernel may mount.</summary>
    public string Images
    {
        get
        {
            string directory = Prefix + "/images";
            Directory.CreateDirectory(directory);
            File.SetUnixFileMode(directory, Modes.Everybody);
            return directory;
        }
    }

    /// <summary>A user who plans by the kerr.conf of an installation of their own, where nothing is limited, and has the starter of this one take the steps.</summary>
    internal Caller Forger
    {
        get
        {
            string own = Prefix + "-own", starter = own + "/libexec/kerr/starter-suid";
            if (!Directory.Exists(own))
            {
                Host.Run("cp", "-a", Prefix, own);
                Host.Write(own + "/etc/kerr/kerr.conf", usual);
                Host.Write(starter, $"#!/bin/sh\nexec {Starter} \"$@\"\n", Modes.Everybody);
                File.SetUnixFileMode(starter, Modes.Everybody | UnixFileMode.SetUser); // a script gains nothing by it, but the planner looks for it
            }

            return As.User.Named(own + "/bin/kerr");
        }
    }

    /// <summary>The plan that a command line comes to, as a file: what an attacker would start from.</summary>
    /// <remarks>The starter of another tree, which is a script, is handed it in our place.</remarks>
    internal string Plan(params string[] arguments)
    {
        string other = Prefix + "-plan";
        string directory = Host.Directory(TestUser.First);
        Host.Run("cp", "-a", Prefix, other);
        try
        {
            // A script gains nothing by its bit, but the planner looks no further than that.
            Host.Write(other + "/libexec/kerr/starter-suid", $"#!/bin/sh\n/bin/cat /proc/self/fd/\"$1\" >{directory}/plan\nfor f in 3 4 5 6 7; do [ $f = \"$1\" ] || /usr/bin/readlink /proc/self/fd/$f | /bin/grep '^/' | /bin/sed \"s/^/$f /\"; done >{directory}/descriptors\n", Modes.Everybody);
            File.SetUnixFileMode(other + "/libexec/kerr/starter-suid", Modes.Everybody | UnixFileMode.SetUser);
            As.User.Named(other + "/bin/kerr").Run(arguments).Succeeds();
        }
        finally
        {
            Host.Run("rm", "-rf", other);
        }

        return directory + "/plan";
    }

    /// <summary>The words before a command that open the files of a plan for it, by the numbers that the plan has.</summary>
    internal static string[] Opening(string plan)
    {
        string script = "";
        foreach (string line in File.ReadLines(Path.GetDirectoryName(plan) + "/descriptors"))
        {
            script += $"exec {line[0]}<{line[2..]}; ";
        }

        return ["/bin/sh", "-c", script + "exec \"$@\"", "sh"];
    }

    public void Dispose() => Host.Run("rm", "-rf", Prefix, Prefix + "-own");

    private static string Above(string file)
    {
        for (string? directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists($"{directory}/{file}"))
            {
                return directory;
            }
        }

        Need.Missing("the sources (KERR_SOURCE)");
        return "";
    }
}

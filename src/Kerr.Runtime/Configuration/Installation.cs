using System;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Runtime.Configuration;

/// <summary>Where the installed files lie, by where the running program really is.</summary>
/// <remarks>
/// <code>
/// PREFIX/bin/kerr      PREFIX/libexec/kerr/...      PREFIX/etc/kerr/kerr.conf      (prefix /usr: /etc/kerr)
/// </code>
/// Nothing is compiled in, so that the tree can be moved, mounted read-only or reached through links.
/// </remarks>
public sealed record Installation(string Prefix)
{
    private const string Deleted = " (deleted)";

    public string BinDir => Join("bin");

    /// <summary>Programs that users do not call: starter, image server.</summary>
    public string LibexecDir => Join("libexec/kerr");

    public string ConfDir => Prefix is "/usr" or "/" ? "/etc/kerr" : Join("etc/kerr");

    public string SysconfDir => ConfDir[..^"/kerr".Length];

    public string LocalStateDir => Prefix is "/usr" or "/" ? "/var" : Join("var");

    public string ConfigurationFile => ConfDir + "/kerr.conf";

    /// <summary>Capabilities that the site grants; need not be there.</summary>
    public string CapabilityFile => ConfDir + "/capability.json";

    public string SetuidStarter => LibexecDir + "/starter-suid";

    /// <summary>A setuid starter is there: then the configuration binds users, and only root may choose another.</summary>
    public bool IsSetuid => FileSystem.TryStat(SetuidStarter) is { Permissions: var mode } && (mode & 0x800) != 0;

    /// <summary>The installation that this process runs from.</summary>
    /// <param name="called">argv[0], for hosts without /proc.</param>
    /// <exception cref="UserException">The program cannot find itself.</exception>
    public static Installation Find(string called)
    {
        string? program = FileSystem.ReadLink("/proc/self/exe");

        if (program is null)
        {
            program = FileSystem.RealPath(called) ?? throw new UserException(
                $"cannot find the installation: /proc is not mounted and '{called}' is not a path",
                "call the program by its full path");
        }

        return OfProgram(program);
    }

    /// <summary>The installation of a program in its bin directory.</summary>
    public static Installation OfProgram(string program)
    {
        // An upgrade has replaced the file while it runs; its place is what counts.
        if (program.EndsWith(Deleted, StringComparison.Ordinal))
        {
            program = program[..^Deleted.Length];
        }

        return new Installation(Parent(Parent(program)));
    }

    private string Join(string below) => Prefix == "/" ? "/" + below : $"{Prefix}/{below}";

    private static string Parent(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash <= 0 ? "/" : path[..slash];
    }
}

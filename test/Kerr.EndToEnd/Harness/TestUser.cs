using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using Kerr.Tests;

namespace Kerr.EndToEnd.Harness;

/// <summary>An ordinary user as whom programs are launched; made on first use, by tests that run as root.</summary>
internal sealed record TestUser(string Name, uint Uid, uint Gid, string Home)
{
    /// <summary>The user of most tests. KERR_TEST_USER names another where two runs share a machine.</summary>
    public static TestUser First => made[0] ??= Make(FirstName);

    /// <summary>Somebody else, for what one user must not do to another.</summary>
    public static TestUser Second => made[1] ??= Make(FirstName + "-2");

    private static readonly TestUser?[] made = new TestUser?[2];
    private static TestUser? first;
    private static TestUser? second;

    private static string FirstName => Environment.GetEnvironmentVariable("KERR_TEST_USER") is { Length: > 0 } name ? name : "kerr-test";

    /// <summary>Whether it is one of them, made in this run or in an earlier one.</summary>
    public static bool IsKnown(uint uid)
    {
        first ??= Find(FirstName);
        second ??= Find(FirstName + "-2");
        return first?.Uid == uid || second?.Uid == uid;
    }

    /// <summary>The words before a command that make the user run it; the process stays the same.</summary>
    public string[] Command => ["/usr/bin/setpriv", $"--reuid={Name}", $"--regid={Gid.ToString(CultureInfo.InvariantCulture)}", "--init-groups", "--"];

    private static TestUser Make(string name)
    {
        if (Environment.UserName != "root")
        {
            Need.Missing("root, to become an ordinary user");
        }

        Need.Program("setpriv");
        Need.Program("useradd");
        if (Find(name) is not { } user)
        {
            Run("useradd", "-m", "-s", "/bin/bash", name);
            user = Find(name) ?? throw new InvalidOperationException($"useradd made no user {name}");
        }

        if (Run([.. user.Command, "unshare", "-Um", "true"]) != 0)
        {
            Need.Missing("user namespaces for ordinary users");
        }

        return user;
    }

    private static TestUser? Find(string name)
    {
        foreach (string line in File.ReadLines("/etc/passwd"))
        {
            string[] fields = line.Split(':');
            if (fields.Length == 7 && fields[0] == name)
            {
                return new TestUser(name, uint.Parse(fields[2], CultureInfo.InvariantCulture), uint.Parse(fields[3], CultureInfo.InvariantCulture), fields[5]);
            }
        }

        return null;
    }

    private static int Run(params string[] command)
    {
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}

using System;
using System.Diagnostics;
using System.IO;

namespace Kerr.KernelTests;

/// <summary>The ordinary user as whom launches are tested; made on first use, by tests that run as root.</summary>
internal static class TestUser
{
    public const string Name = "kerr-test";

    /// <summary>Skips without root, or without user namespaces for ordinary users.</summary>
    public static void Need()
    {
        if (System.Environment.UserName != "root")
        {
            Kerr.Tests.Need.Missing("root, to become an ordinary user");
        }

        Kerr.Tests.Need.Program("setpriv");
        Kerr.Tests.Need.Program("useradd");
        if (Refused.Value is { } reason)
        {
            Kerr.Tests.Need.Missing($"user namespaces for ordinary users ({reason})");
        }
    }

    private static readonly Lazy<string?> Refused = new(() =>
    {
        if (!File.ReadAllText("/etc/passwd").Contains($"\n{Name}:", StringComparison.Ordinal))
        {
            Run("useradd", "-m", Name);
        }

        return Run([.. Command, "unshare", "-Um", "true"]);
    });

    /// <summary>The words before a command that make the user run it.</summary>
    public static string[] Command => ["setpriv", $"--reuid={Name}", $"--regid={Name}", "--init-groups", "--"];

    /// <summary>Null when it succeeded, else what it said.</summary>
    private static string? Run(params string[] command)
    {
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : errors.Trim();
    }
}

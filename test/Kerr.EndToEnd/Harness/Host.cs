using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;

namespace Kerr.EndToEnd.Harness;

/// <summary>What tests do on the host, as root, outside the program under test.</summary>
internal static class Host
{
    private static int directories;

    /// <summary>Runs a program of the host and returns what it prints.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string Run(params string[] command)
    {
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output
            : throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}: {errors.Result}");
    }

    /// <summary>A new directory of this run, owned by the test user (or by root).</summary>
    public static string Directory(TestUser? owner = null)
    {
        string path = $"{Tree.Run}/{(++directories).ToString(CultureInfo.InvariantCulture)}";
        System.IO.Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, Modes.Everybody);
        return owner is null ? path : Own(path, owner);
    }

    /// <summary>A file that everybody can read, with the directories above it.</summary>
    public static string Write(string path, string content, UnixFileMode mode = Modes.Readable)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content, System.Text.Encoding.Latin1);
        File.SetUnixFileMode(path, mode);
        return path;
    }

    public static string Own(string path, TestUser owner)
    {
        if (LibC.lchown(path, owner.Uid, owner.Gid) != 0)
        {
            throw new InvalidOperationException($"chown {path}");
        }

        return path;
    }
}

using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using Kerr.Linux;
using Xunit;

namespace Kerr.KernelTests.Starter;

/// <summary>How a launch ended and what it printed.</summary>
internal sealed record StarterResult(int ExitCode, string Output, string Errors);

/// <summary>The starter, a small image of busybox, and a place for both that the test user can read.</summary>
public sealed class StarterHost : IDisposable
{
    private const int TimeoutMilliseconds = 30_000;

    public StarterHost()
    {
        Folder = Directory.CreateTempSubdirectory("kerr-starter-").FullName;
        File.SetUnixFileMode(Folder, (UnixFileMode)0x1ED);
        Program = Path.Combine(Folder, "kerr-starter");
        Image = Path.Combine(Folder, "image");
        if (File.Exists(Built))
        {
            File.Copy(Built, Program);
        }

        MakeImage(Image);
    }

    /// <summary>The starter as the build leaves it.</summary>
    public static string Built => Path.Combine(Repository, "src/Kerr.Starter/bin/Release/kerr-starter");

    public static string Repository
    {
        get
        {
            string folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "kerr.slnx")))
            {
                folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("kerr.slnx is in no folder above the tests");
            }

            return folder;
        }
    }

    public string Folder { get; }

    public string Program { get; }

    public string Image { get; }

    /// <summary>Makes a root file system of busybox; root owns it, everybody may read it.</summary>
    public static void MakeImage(string image)
    {
        foreach (string folder in (string[])["bin", "etc", "proc", "tmp", "usr/local", "var", "dev", "home"])
        {
            Directory.CreateDirectory(Path.Combine(image, folder));
        }

        if (!File.Exists("/bin/busybox"))
        {
            return;
        }

        File.Copy("/bin/busybox", Path.Combine(image, "bin/busybox"));
        foreach (string name in (string[])["sh", "ls", "cat", "id", "env", "sleep", "true", "kill", "pwd", "stat", "touch", "grep", "readlink", "mkdir", "wc", "ps", "sort", "unshare"])
        {
            File.CreateSymbolicLink(Path.Combine(image, "bin", name), "busybox");
        }

        File.CreateSymbolicLink(Path.Combine(image, "var/run"), "/run");
        File.WriteAllText(Path.Combine(image, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nbin:x:1:1::/:/bin/false\n");
        File.WriteAllText(Path.Combine(image, "etc/group"), "root:x:0:\nbin:x:1:\n");
    }

    /// <summary>Skips the test where launches cannot be tested.</summary>
    internal static void Need()
    {
        if (!File.Exists(Built))
        {
            Kerr.Tests.Need.Missing("src/Kerr.Starter/bin/Release/kerr-starter (dotnet build src/Kerr.Starter -c Release)");
        }

        if (!File.Exists("/bin/busybox"))
        {
            Kerr.Tests.Need.Missing("/bin/busybox");
        }

        TestUser.Need();
    }

    /// <summary>Runs a plan as the test user; the words before go before the starter (a tracer, a shell that changes things).</summary>
    internal StarterResult Run(byte[] plan, params string[] before) => RunAs(plan, [.. TestUser.Command, .. before]);

    /// <summary>Runs a plan after other words, without becoming the test user first.</summary>
    internal StarterResult RunAs(byte[] plan, string[] before)
    {
        using Process process = Start(plan, before);
        return Finish(process);
    }

    /// <summary>Starts a plan and leaves it running.</summary>
    internal Process Start(byte[] plan, string[] before)
    {
        int descriptor = MemoryFile.CreateSealed("kerr-plan", plan);
        try
        {
            return StartWords([.. before, Program, descriptor.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        }
        finally
        {
            Close(descriptor);
        }
    }

    /// <summary>Runs a program as a launch is run, outside any container: the measure of what the caller has.</summary>
    internal static StarterResult Plain(params string[] words)
    {
        using Process process = StartWords(words);
        return Finish(process);
    }

    internal static StarterResult Finish(Process process)
    {
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeoutMilliseconds))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("the launch hangs");
        }

        return new StarterResult(process.ExitCode, output.Result, errors.Result);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static void Close(int descriptor) => new Microsoft.Win32.SafeHandles.SafeFileHandle(descriptor, ownsHandle: true).Dispose();

    private static Process StartWords(string[] words)
    {
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardErrorEncoding = Encoding.Latin1,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        return Process.Start(start)!;
    }
}

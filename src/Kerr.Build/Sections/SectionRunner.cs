using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Build.Definition;
using Kerr.Build.Metadata;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Sections;

/// <summary>Runs sections: on the host, or in the image as a container whose root can be written.</summary>
internal sealed class SectionRunner(BuildSettings settings, BuildWorkspace workspace)
{
    internal const string ScriptPath = "/.post.script", LabelsPath = "/.build.labels";
    internal const string EnvironmentPath = "/.singularity.d/env/91-environment.sh";
    private const string AptPath = "/.build.apt.conf";
    private int _scripts;

    /// <summary>Runs <c>%pre</c> or <c>%setup</c>: on the host, as whoever builds, in the caller's directory.</summary>
    internal void OnHost(string name, DefinitionSection section, string root)
    {
        string script = $"{workspace.Path}/{name}-{_scripts++}";
        using (SafeFileHandle file = FileCalls.Open(script, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x1C0))
        {
            FileCalls.Write(file, 0, Encoding.Latin1.GetBytes(section.Text));
        }

        List<string> environment =
        [
            "APPTAINER_ROOTFS=" + root, "SINGULARITY_ROOTFS=" + root,
            "APPTAINER_ENVIRONMENT=" + root + EnvironmentPath, "SINGULARITY_ENVIRONMENT=" + root + EnvironmentPath,
            "APPTAINER_LABELS=" + root + LabelsPath, "SINGULARITY_LABELS=" + root + LabelsPath,
        ];
        foreach (string entry in settings.Environment)
        {
            if (!environment.Exists(own => own.StartsWith(entry.Split('=')[0] + "=", StringComparison.Ordinal)))
            {
                environment.Add(entry);
            }
        }

        List<string> command = Command(name, section, script, root: null);
        settings.Messages.Verbose($"running %{name} on the host: {string.Join(' ', command)}");
        Check(name, section, ChildProcess.RunAttached(command[0], command, environment, settings.Cancel));
    }

    /// <summary>Runs a section's text in the image, whose root is shown at <paramref name="root"/>.</summary>
    internal void Inside(string name, DefinitionSection section, string text, RootFiles root)
    {
        root.Write(ScriptPath, text, 0x1ED);
        var binds = new List<string>();
        AddHostFile(binds, root, "/etc/resolv.conf");
        AddHostFile(binds, root, "/etc/hosts");
        var variables = new List<KeyValuePair<string, string>>
        {
            new("APPTAINER_ENVIRONMENT", EnvironmentPath), new("SINGULARITY_ENVIRONMENT", EnvironmentPath),
            new("APPTAINER_LABELS", LabelsPath), new("SINGULARITY_LABELS", LabelsPath),
        };
        bool apt = settings.Identity == Runtime.Launch.Planning.BuildIdentity.Single && root.Exists("/etc/apt");
        if (apt)
        {
            // apt looks whether it really became _apt, and there is no such id here.
            root.Write(AptPath, "APT::Sandbox::User \"root\";\n");
            variables.Add(new("APT_CONFIG", AptPath));
        }

        try
        {
            List<string> command = Command(name, section with { Text = text }, ScriptPath, root);
            settings.Messages.Verbose($"running %{name} in the image: {string.Join(' ', command)}");
            Check(name, section, Launch(Request(LaunchAction.Exec, root.Root, command) with
            {
                Writable = true,
                Cwd = "/",
                Binds = [.. binds, .. settings.Binds],
                Environment = variables,
            }));
        }
        finally
        {
            root.Remove(ScriptPath);
            if (apt)
            {
                root.Remove(AptPath);
            }
        }
    }

    /// <summary>Runs the image's test, as <c>kerr test</c> does.</summary>
    internal void Test(DefinitionSection section, RootFiles root)
    {
        var binds = new List<string>();
        AddHostFile(binds, root, "/etc/resolv.conf");
        AddHostFile(binds, root, "/etc/hosts");
        Check("test", section, Launch(Request(LaunchAction.Test, root.Root, []) with
        {
            Cwd = "/",
            Binds = [.. binds, .. settings.Binds],
            WritableTmpfs = settings.WritableTmpfs,
        }));
    }

    /// <summary>
    /// The command of a section: <c>/bin/sh -ex SCRIPT</c>; <c>-c SHELL</c> in its arguments gives the script to another
    /// shell, and a first line <c>#!</c> to another interpreter.
    /// </summary>
    internal static List<string> Command(string name, DefinitionSection section, string script, RootFiles? root)
    {
        List<string> command = ["/bin/sh", "-ex"];
        string[] words = section.Arguments.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        int shell = Array.IndexOf(words, "-c");
        if (shell >= 0)
        {
            if (shell + 1 == words.Length)
            {
                throw new UserException($"%{name} -c names no shell (line {section.Line})", $"write %{name} -c /bin/bash");
            }

            return [.. command, .. words[..(shell + 1)], string.Join(' ', words[(shell + 1)..]) + " " + script];
        }

        if (words.Length == 0 && SectionScript.Interpreter(section.Text, out _) is { } interpreter)
        {
            string[] parts = interpreter.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            string program = parts[0][(parts[0].LastIndexOf('/') + 1)..];
            bool exists = root is null ? FileSystem.IsAccessible(parts[0], 1) : root.Stat(parts[0]) is { IsRegular: true };

            // Authors rely on -e, which /bin/sh has always been given whatever the first line says.
            if (parts[0] != "/bin/sh" && exists)
            {
                return program is "bash" or "dash" or "ash" or "ksh" or "zsh" or "sh" ? [.. parts, "-ex", script] : [.. parts, script];
            }
        }

        return [.. command, .. words, script];
    }

    private LaunchRequest Request(LaunchAction action, string image, IReadOnlyList<string> arguments) => settings.Console with
    {
        Action = action,
        Image = image,
        Arguments = arguments,
        InsideNamespace = true,
        CleanEnvironment = true,
        NoHome = true,
        NoMount = ["tmp"],      // the host's files are not for sections to remove, nor what they leave for the host
        Pid = ProcIsWhole(),
        Mounts = settings.Mounts,
    };

    private ChildResult Launch(LaunchRequest request)
    {
        var launcher = new Launcher(SiteConfiguration.Default.ForBuilds, settings.Installation, System.Diagnostics.Stopwatch.GetTimestamp());
        LaunchPlan plan = launcher.Prepare(request, new Host(settings.Environment), tell: null);
        foreach ((int level, string text) in request.Nv || request.NvidiaContainerCli || request.Rocm ? plan.Notes : [])
        {
            (level < 0 ? settings.Messages.Warn : level <= 1 ? settings.Messages.Info : settings.Messages.Verbose)(text);
        }

        return launcher.Run(plan, settings.Cancel);
    }

    /// <summary>In a user namespace the kernel mounts a new /proc only where nothing hides parts of the old one.</summary>
    private bool ProcIsWhole()
    {
        foreach (string point in new Host(settings.Environment).MountPoints())
        {
            if (point.StartsWith("/proc/", StringComparison.Ordinal) && point != "/proc/sys/fs/binfmt_misc")
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Shows a copy of a file of the host, where the image has a file to put it on.</summary>
    private void AddHostFile(List<string> binds, RootFiles root, string path)
    {
        if (root.Stat(path, follow: false) is not { IsRegular: true } || SmallFile.TryRead(path, 1 << 20) is not { } content)
        {
            return;
        }

        string copy = $"{workspace.Path}/host-{path[(path.LastIndexOf('/') + 1)..]}";
        if (FileSystem.TryStat(copy) is null)
        {
            using SafeFileHandle file = FileCalls.Open(copy, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x1A4);
            FileCalls.Write(file, 0, content);
            FileCalls.SetPermissions(file, 0x1A4);
        }

        binds.Add($"{copy}:{path}");
    }

    private void Check(string name, DefinitionSection section, ChildResult result)
    {
        settings.Cancel.ThrowIfCancellationRequested();
        if (result.Succeeded)
        {
            return;
        }

        string line = section.Line > 0 ? $" (line {section.Line} of the definition)" : "";
        string how = result.Signal != 0 ? $"was killed by signal {result.Signal}" : $"ended with exit status {result.ExitCode}";
        throw new UserException(
            $"%{name}{line} {how}",
            name == "test" ? "correct what it tests, or leave it out: --notest" : "the last command that is shown above with a + is the one that failed");
    }
}

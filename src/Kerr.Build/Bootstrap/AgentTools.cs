using System;
using System.Collections.Generic;
using Kerr.Build.Definition;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Bootstrap;

/// <summary>What the agents have in common: tools of the host, header keys, downloads.</summary>
internal static class AgentTools
{
    /// <summary>The tool's path; the error says which package has it.</summary>
    internal static string Find(BuildSettings settings, string agent, string tool, string package)
        => ChildProcess.Find(tool, EnvironmentBlock.Get(settings.Environment, "PATH"))
            ?? throw new UserException($"Bootstrap: {agent} needs {tool}, which is not on this host", $"install the package {package}, or start from an image: Bootstrap: docker");

    /// <summary>Runs a tool; what it prints is shown.</summary>
    internal static void Run(BuildSettings settings, string tool, IReadOnlyList<string> arguments, params ReadOnlySpan<string> variables)
    {
        List<string> environment = [.. settings.Environment];
        foreach (string variable in variables)
        {
            environment.RemoveAll(entry => entry.StartsWith(variable.Split('=')[0] + "=", StringComparison.Ordinal));
            environment.Add(variable);
        }

        settings.Messages.Verbose($"running {tool} {string.Join(' ', arguments)}");
        ChildResult result = ChildProcess.RunAttached(tool, [tool, .. arguments], environment, settings.Cancel);
        settings.Cancel.ThrowIfCancellationRequested();
        if (!result.Succeeded)
        {
            string how = result.Signal != 0 ? $"was killed by signal {result.Signal}" : $"ended with exit status {result.ExitCode}";
            throw new UserException($"{tool} {how}", "what it printed above says why");
        }
    }

    internal static string Required(DefinitionStage stage, string key)
        => stage.Value(key) is { Length: > 0 } value
            ? value : throw new UserException($"Bootstrap: {stage.Bootstrap} needs {key}", $"add a header line: {key}: VALUE");

    internal static string[] Included(DefinitionStage stage)
        => stage.Value("include").Split((char[])[' ', ',', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Brings a file from the web, by a tool of the host, or from a path.</summary>
    internal static void Download(BuildSettings settings, string agent, string url, string target)
    {
        if (url.StartsWith('/') || url.StartsWith("file://", StringComparison.Ordinal))
        {
            new TreeCopy(followLinks: true, keep: false).Copy(url.StartsWith('/') ? url : url["file://".Length..], target);
            return;
        }

        string? path = EnvironmentBlock.Get(settings.Environment, "PATH");
        if (ChildProcess.Find("curl", path) is { } curl)
        {
            Run(settings, curl, ["-fsSL", "-o", target, "--", url]);
        }
        else
        {
            Run(settings, ChildProcess.Find("wget", path) ?? Find(settings, agent, "curl", "curl"), ["-q", "-O", target, "--", url]);
        }
    }

    internal static void Write(string path, string text)
    {
        using SafeFileHandle file = FileCalls.Open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC, 0x1A4);
        FileCalls.Write(file, 0, System.Text.Encoding.Latin1.GetBytes(text));
        FileCalls.SetPermissions(file, 0x1A4);
    }
}

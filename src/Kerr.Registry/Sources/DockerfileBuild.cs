using System.Collections.Generic;
using System.Globalization;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Registry.References;

namespace Kerr.Registry.Sources;

/// <summary>An image that BuildKit makes of a Dockerfile: by <c>buildctl</c>, or by <c>docker buildx</c> where that is not installed.</summary>
/// <param name="Context">The directory that the Dockerfile copies from.</param>
public sealed record DockerfileBuild(string Context, Platform Platform)
{
    private const string UsualFrontend = "dockerfile.v0", UsualFile = "Dockerfile";

    /// <summary>The stage that is wanted; empty for the last one.</summary>
    public string Target { get; init; } = "";

    /// <summary>What reads the file; empty for BuildKit's own.</summary>
    public string Frontend { get; init; } = "";

    /// <summary>The Dockerfile's name below the context; empty for <c>Dockerfile</c>.</summary>
    public string FileName { get; init; } = "";

    /// <summary><c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Runs the tool, which tells its progress on standard error, and opens what it made.</summary>
    /// <param name="buildkitHost">The daemon to use; empty for what the tool finds.</param>
    /// <exception cref="UserException">There is no tool, no Dockerfile, or the build failed.</exception>
    public OciImage Run(IReadOnlyList<string> environment, string buildkitHost, string temporary)
    {
        string directory = FileSystem.Absolute(Context.Length > 0 ? Context : ".", FileSystem.WorkingDirectory() ?? "/");
        string file = FileName.Length > 0 ? FileName : UsualFile;
        if (FileSystem.TryStat($"{directory}/{file}") is not { IsDirectory: false })
        {
            throw new UserException($"there is no {directory}/{file}", "name the directory that has the Dockerfile, and another name of the file by: Filename: NAME");
        }

        string? path = EnvironmentBlock.Get(environment, "PATH");
        using var archive = new UnnamedFile(temporary + "/dockerfile-image");
        string output = string.Create(CultureInfo.InvariantCulture, $"/proc/{FileSystem.ReadLink("/proc/self")}/fd/{archive.File.DangerousGetHandle()}");
        (string tool, List<string> arguments) = ChildProcess.Find("buildctl", path) is { } buildctl
            ? (buildctl, Buildctl(directory, file, output, buildkitHost))
            : ChildProcess.Find("docker", path) is { } docker ? (docker, Buildx(directory, file, output))
            : throw new UserException("neither buildctl nor docker is on this host, and a Dockerfile is built by BuildKit only", "install BuildKit, or write a definition file");
        ChildResult result = ChildProcess.RunAttached(tool, [tool, .. arguments], environment);
        if (!result.Succeeded)
        {
            throw new UserException(
                $"{tool} ended with status {result.ExitCode}", "what it printed above says why; a daemon elsewhere is named by BUILDKIT_HOST, or DOCKER_HOST");
        }

        return OciArchive.Open(archive.Release(), $"what {tool} made", Platform, temporary);
    }

    private List<string> Buildctl(string directory, string file, string output, string buildkitHost)
    {
        List<string> arguments = buildkitHost.Length > 0 ? ["--addr", buildkitHost] : [];
        arguments.AddRange(
        [
            "build", "--frontend", Frontend.Length > 0 ? Frontend : UsualFrontend, "--local", $"context={directory}", "--local", $"dockerfile={directory}",
            "--opt", $"filename={file}", "--opt", $"platform={Platform}", "--output", $"type=oci,dest={output}",
        ]);
        if (Target.Length > 0)
        {
            arguments.AddRange(["--opt", $"target={Target}"]);
        }

        foreach (string argument in Arguments)
        {
            arguments.AddRange(["--opt", $"build-arg:{argument}"]);
        }

        return arguments;
    }

    private List<string> Buildx(string directory, string file, string output)
    {
        List<string> arguments = ["buildx", "build", "--file", $"{directory}/{file}", "--platform", Platform.ToString(), "--output", $"type=oci,dest={output}"];
        if (Target.Length > 0)
        {
            arguments.AddRange(["--target", Target]);
        }

        foreach (string argument in Arguments)
        {
            arguments.AddRange(["--build-arg", argument]);
        }

        arguments.Add(directory);
        return arguments;
    }
}

using System;
using System.Linq;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Build;

/// <summary>In what way a definition is built.</summary>
public enum Builder
{
    Root,

    /// <summary>An ordinary user who has subordinate ids.</summary>
    Range,

    /// <summary>An ordinary user without them.</summary>
    Single,
}

/// <summary>A definition file in a directory of its own, and what is built of it there.</summary>
internal sealed class Definition
{
    private readonly string directory;
    private readonly Caller caller;
    private readonly string[] options;

    public Definition(Builder builder, string text, string? image = null, Caller? by = null)
    {
        caller = by ?? (builder == Builder.Root ? As.Root : As.User);
        directory = Host.Directory(caller.User);
        options = builder == Builder.Single ? ["--ignore-subuid"] : [];
        Change(text, image);
        caller = caller.In(directory).With($"APPTAINER_CACHEDIR={directory}/cache", $"TMPDIR={directory}") with { Timeout = TimeSpan.FromSeconds(120) };
        if (builder == Builder.Range && !System.IO.File.ReadAllText("/etc/subuid").Contains(TestUser.First.Name + ":", StringComparison.Ordinal))
        {
            Kerr.Tests.Need.Missing("subordinate ids for " + TestUser.First.Name);
        }
    }

    public string Directory => directory;

    public Caller Caller => caller;

    public string Target => directory + "/image.sif";

    /// <summary>Writes another text in its place; text without a header starts from the busybox image.</summary>
    public void Change(string text, string? image = null)
    {
        bool whole = text.StartsWith("Bootstrap", StringComparison.OrdinalIgnoreCase);
        Host.Write(directory + "/image.def", whole ? text : $"Bootstrap: localimage\nFrom: {image ?? Images.Sif}\n\n{text}");
    }

    /// <summary>A file beside the definition.</summary>
    public Definition File(string name, string content)
    {
        Host.Write($"{directory}/{name}", content);
        return this;
    }

    public Result Build(params string[] more) => caller.Run(["build", "--force", .. options, .. more, "image.sif", "image.def"]);

    public Running Start(params string[] more) => caller.Start(["build", "--force", .. options, .. more, "image.sif", "image.def"]);

    /// <summary>Builds, and runs a shell command in the image.</summary>
    public Result Then(string command, params string[] more)
    {
        Build(more).Succeeds();
        return Shell(command);
    }

    public Result Shell(string command) => caller.Run("exec", "image.sif", "/bin/sh", "-c", command);

    /// <summary>What a failed or interrupted build must not leave.</summary>
    public void AssertClean()
    {
        string[] left = [.. System.IO.Directory.EnumerateFileSystemEntries(directory, "*", System.IO.SearchOption.TopDirectoryOnly)
            .Concat(System.IO.Directory.Exists(directory + "/cache/cache/build") ? System.IO.Directory.EnumerateFileSystemEntries(directory + "/cache/cache/build") : [])
            .Where(path => System.IO.Path.GetFileName(path).StartsWith("kerr-build", StringComparison.Ordinal) || path.EndsWith(".tmp", StringComparison.Ordinal))];
        Assert.Empty(left);
    }
}

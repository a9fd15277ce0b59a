using System;
using System.Collections.Generic;
using Kerr.Image;
using Kerr.Linux.Files;
using Kerr.Runtime.Environment;
using Kerr.Runtime.Environment.Shell;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>The environment scripts of an image, as far as they can be read before it is mounted.</summary>
internal sealed class ImageScriptFiles : IShellFiles
{
    private const string Directory = "/.singularity.d/env";
    private const int Limit = 1 << 20;

    public static readonly ImageScriptFiles None = new(null, [], known: true, []);

    private readonly IImageTree? tree;
    private readonly List<string> covered;

    private ImageScriptFiles(IImageTree? tree, IReadOnlyList<ImageScript> files, bool known, List<string> covered)
    {
        this.tree = tree;
        this.covered = covered;
        Files = files;
        Known = known;
    }

    public IReadOnlyList<ImageScript> Files { get; }

    /// <summary>Whether these are all: nothing that is mounted over the image can add others.</summary>
    public bool Known { get; }

    public bool HasShell => tree is null || IsExecutable("/bin/sh");

    /// <summary>The shells that may run the scripts, first choice first.</summary>
    public string Shells
    {
        get
        {
            foreach (ImageScript script in Files)
            {
                if (ImageScriptText.NeedsBash(script.Text))
                {
                    return "/bin/bash:/bin/sh";
                }
            }

            return "/bin/sh:/bin/bash";
        }
    }

    public static ImageScriptFiles Read(PlanContext plan)
    {
        IImageTree? tree = plan.Image.Tree;
        if (tree is null)
        {
            return new ImageScriptFiles(null, [], known: false, []);
        }

        if (Hidden(plan) is { } what)
        {
            plan.Notes.Skip("computing the environment", $"{what}: the image's shell runs the scripts");
            return new ImageScriptFiles(tree, [], known: false, Covered(plan));
        }

        var files = new List<ImageScript>();
        IReadOnlyList<string>? names = tree.List(Directory);
        if (names is null)
        {
            Add("/environment");
        }
        else
        {
            var sorted = new List<string>(names);
            sorted.Sort(StringComparer.Ordinal);
            foreach (string name in sorted)
            {
                if (name.EndsWith(".sh", StringComparison.Ordinal))
                {
                    Add($"{Directory}/{name}");
                }
            }
        }

        return new ImageScriptFiles(tree, files, known: true, Covered(plan));

        void Add(string path)
        {
            if (tree.ReadFile(path, Limit) is { } text)
            {
                files.Add(new ImageScript(path, text));
            }
        }
    }

    public byte[]? Read(string path) => IsHidden(path) ? null : tree?.ReadFile(path, Limit);

    public IReadOnlyList<string>? Names(string directory) => IsHidden(directory) || LeadsToMount(directory) ? null : tree?.List(directory);

    public ShellFileFact Look(string path)
    {
        if (tree is null || IsHidden(path))
        {
            return ShellFileFact.Unknown;
        }

        if (!tree.TryStat(path, out ImageEntry entry))
        {
            return LeadsToMount(path) ? ShellFileFact.Directory : ShellFileFact.Missing;
        }

        return entry.Kind switch
        {
            FileKind.Directory => ShellFileFact.Directory,
            FileKind.Regular => (entry.Permissions & 0x49) != 0 ? ShellFileFact.ExecutableFile : ShellFileFact.File,
            _ => ShellFileFact.Other,
        };
    }

    private bool IsExecutable(string path) => Look(path) is ShellFileFact.ExecutableFile or ShellFileFact.Unknown;

    /// <summary>Whether something else than the image may be seen there.</summary>
    private bool IsHidden(string path)
    {
        string clean = FileSystem.Clean(path);
        foreach (string target in covered)
        {
            if (clean == target || clean.StartsWith(target + "/", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether something is mounted below: then the directory is made if the image has none.</summary>
    private bool LeadsToMount(string directory)
    {
        string start = FileSystem.Clean(directory).TrimEnd('/') + "/";
        foreach (string target in covered)
        {
            if (target.StartsWith(start, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static List<string> Covered(PlanContext plan)
    {
        var targets = new List<string>();
        foreach (PlanStep step in plan.Steps)
        {
            if (step is MountStep mount && (mount.Flags & Plan.MountFlags.TargetInRoot) != 0)
            {
                targets.Add(mount.Target);
            }
        }

        return targets;
    }

    /// <summary>What may lie over the scripts; null when nothing does.</summary>
    private static string? Hidden(PlanContext plan)
    {
        if (plan.Request.Overlays.Count > 0 || OverlayPlan.Embedded(plan).Count > 0)
        {
            return "an overlay may change the scripts";
        }

        foreach (BindSpecification bind in plan.Binds)
        {
            if (bind.Destination is "/" or "/environment" || bind.Destination == "/.singularity.d"
                || bind.Destination.StartsWith("/.singularity.d/", StringComparison.Ordinal))
            {
                return "a bind lies over the scripts";
            }
        }

        return null;
    }
}

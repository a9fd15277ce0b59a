using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Build.Assembly;
using Kerr.Build.Bootstrap;
using Kerr.Build.Definition;
using Kerr.Build.Metadata;
using Kerr.Build.Sections;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Build;

/// <summary>Makes an image of a definition file. It runs as root, of the host or of a user namespace made for it.</summary>
/// <remarks>
/// <code>
/// each stage   %pre → base → %files from, %setup, %files, app directories     one layer, made anew each time
///                   → %post → %appinstall                                     layers that are kept for the next build
/// last stage        → metadata → %test → SIF or directory
/// </code>
/// </remarks>
public sealed class DefinitionBuild : IDisposable
{
    /// <summary>The time of images that start from nothing: 1 January 1980, which every archive format can say.</summary>
    private const long EarliestTime = 315_532_800;

    private readonly BuildSettings _settings;
    private readonly DefinitionFile _definition;
    private readonly BuildWorkspace _workspace;
    private readonly LayerCache? _cache;
    private readonly SectionRunner _runner;
    private readonly Dictionary<string, Stage> _stages = new(StringComparer.Ordinal);
    private readonly List<Stage> _all = [];
    private readonly bool _overlay;
    private int _layers;

    public DefinitionBuild(BuildSettings settings, DefinitionFile definition)
    {
        _settings = settings;
        _definition = definition;
        CurrentProcess.SetUmask(2);
        MountCalls.Mount("none", "/", "", MountCalls.Flags.MS_REC | MountCalls.Flags.MS_SLAVE);
        _workspace = Workspace(out _overlay, out bool cached);
        _cache = cached ? new LayerCache(settings.CacheDirectory!) : null;
        _runner = new SectionRunner(settings, _workspace);
    }

    /// <summary>Builds; the target appears whole or not at all, but for a directory that is updated.</summary>
    /// <exception cref="UserException">A section failed, or something it needs is missing.</exception>
    public void Run(string target)
    {
        try
        {
            for (int i = 0; i < _definition.Stages.Count; i++)
            {
                bool last = i == _definition.Stages.Count - 1;
                Stage stage = Begin(_definition.Stages[i], i, last ? target : null);
                RunSections(stage);
                if (last)
                {
                    Finish(stage, target);
                }
                else
                {
                    stage.Root.Show();
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new UserException($"building {target} was interrupted");
        }
        catch (Exception) when (_settings.NoCleanup)
        {
            _workspace.Keep();
            _settings.Messages.Warn($"what was made so far is in {_workspace.Path}");
            throw;
        }
    }

    public void Dispose()
    {
        for (int i = _all.Count - 1; i >= 0; i--)
        {
            _all[i].Root.Dispose();
            _all[i].Base.Dispose();
        }

        _workspace.Dispose();
        _cache?.Dispose();
    }

    private sealed record Stage(DefinitionStage Definition, StageBase Base, BuildRoot Root)
    {
        /// <summary>Of all that the root depends on so far.</summary>
        internal string Key { get; set; } = "";

        internal TemporaryFiles Temporary { get; } = new();
    }

    /// <summary>A place to work in: where results are kept, if overlay works there, else the temporary directory.</summary>
    private BuildWorkspace Workspace(out bool overlay, out bool cached)
    {
        overlay = cached = false;
        if (_settings is { CacheDirectory: { } cache, Update: false })
        {
            var there = new BuildWorkspace(cache);
            if (OverlayWorks(there))
            {
                overlay = cached = true;
                return there;
            }

            there.Dispose();
        }

        var workspace = new BuildWorkspace(_settings.TemporaryDirectory);
        overlay = !_settings.Update && OverlayWorks(workspace);
        if (!overlay && !_settings.Update)
        {
            _settings.Messages.Info($"no overlay can be mounted in {_settings.TemporaryDirectory}: the base is unpacked there");
        }

        return workspace;
    }

    private bool OverlayWorks(BuildWorkspace workspace)
    {
        string below = workspace.Directory("probe-below"), upper = workspace.Directory("probe-upper"), work = workspace.Directory("probe-work");
        using var probe = new BuildRoot(workspace.Directory("probe"), [below], User);
        try
        {
            FileSystem.MakeDirectory(below + "/directory", 0x1ED);
            probe.Begin(upper, work);

            // Replacing a directory takes a whiteout and an extended attribute: what file systems without them refuse.
            TreeRemoval.Remove(probe.Path + "/directory");
            FileSystem.MakeDirectory(probe.Path + "/directory", 0x1ED);
            return true;
        }
        catch (LinuxException failure)
        {
            _settings.Messages.Verbose($"overlay does not work in {workspace.Path}: {failure.Message}");
            return false;
        }
    }

    private bool User => _settings.Identity != BuildIdentity.Root || new Runtime.Launch.Host(_settings.Environment).InsideUserNamespace;

    private Stage Begin(DefinitionStage definition, int index, string? target)
    {
        string number = index.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (_settings.Update)
        {
            string place = target ?? throw new UserException("a definition with several stages cannot update a directory", "use its last stage alone");
            return Add(new Stage(definition, StageBase.Of(place, "", null), new BuildRoot(place, [], User)));
        }

        string rootfs = _workspace.Directory("rootfs-" + number);
        if (definition.Sections.TryGetValue("pre", out DefinitionSection? pre) && _settings.Runs("pre"))
        {
            _runner.OnHost("pre", pre, rootfs);
        }

        StageBase found = Base(definition, number);
        if (_overlay)
        {
            return Add(new Stage(definition, found, new BuildRoot(rootfs, found.Directories, User)) { Key = found.Key });
        }

        new TreeCopy(followLinks: false, keep: true, cancel: _settings.Cancel).Copy(found.Directories[0], rootfs);
        return Add(new Stage(definition, found, new BuildRoot(rootfs, [], User)) { Key = found.Key });
    }

    private Stage Add(Stage stage)
    {
        _all.Add(stage);
        _stages[stage.Definition.Name] = stage;
        return stage;
    }

    private StageBase Base(DefinitionStage stage, string number)
    {
        string agent = stage.Bootstrap, from = stage.Value("from");
        switch (agent)
        {
            case "":
                throw new UserException($"{_definition.Name} does not say what to start from", "begin it with: Bootstrap: localimage, and From: IMAGE; or use --update");
            case "scratch":
                string empty = _workspace.Directory("base-" + number);
                TreeCopy.SetMode(empty, 0x1ED);
                return StageBase.Of(empty, "scratch", null);
            case "localimage":
                if (stage.Value("fingerprints").Length > 0)
                {
                    throw new UserException("Fingerprints cannot be checked by this version", "verify the image first, and take the line out");
                }

                return StageBase.OfImage(Required(stage, "from"), _settings, _workspace, number, (key, fill) => Filled(key, number, fill));
        }

        if (BootstrapAgents.Find(agent) is { } tool)
        {
            string key = LayerCache.Key("agent", DefinitionWriter.Write(stage)[..HeaderLength(stage)], _settings.Identity.ToString(), _settings.Architecture);
            string made = Filled(key, number, to => tool.Fill(stage, to, _settings));
            using var handle = FileCalls.Open(made, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
            return StageBase.Of(made, key, NewestTime.Of(handle));
        }

        RemoteImage image = _settings.Remote.Bring(
            new RemoteImageRequest(agent, Required(stage, "from"), _settings.Architecture)
            {
                Registry = stage.Value("registry"),
                Namespace = stage.Value("namespace"),
                Library = stage.Value("library"),
                Header = stage.Value,
                Fingerprints = stage.Value("fingerprints"),
                NoCache = _settings.CacheDirectory is null,
            },
            _settings.Cancel);
        StageBase found = StageBase.OfImage(image.Path, _settings, _workspace, number, (key, fill) => Filled(key, number, fill));
        return found with { Key = image.Key, OciConfig = image.OciConfig ?? found.OciConfig };
    }

    private static int HeaderLength(DefinitionStage stage)
    {
        var header = new DefinitionStage();
        foreach ((string key, string value) in stage.Header)
        {
            header.Set(key, value);
        }

        return DefinitionWriter.Write(header).Length;
    }

    private string Required(DefinitionStage stage, string key)
        => stage.Value(key) is { Length: > 0 } value
            ? value
            : throw new UserException($"{_definition.Name}: Bootstrap: {stage.Bootstrap} needs {key}", $"add a line: {key}: VALUE");

    /// <summary>A directory with what <paramref name="fill"/> makes, from an earlier build where there is one.</summary>
    private string Filled(string key, string number, Action<string> fill)
    {
        string whole = LayerCache.Key("base", key, _settings.Identity.ToString());
        if (_cache?.Find(whole) is { } entry)
        {
            _settings.Messages.Verbose("the base is there from an earlier build");
            return entry + "/layer";
        }

        string made = _workspace.Directory("filled-" + number);
        FileSystem.MakeDirectory(made + "/layer", 0x1ED);
        TreeCopy.SetMode(made + "/layer", 0x1ED);
        fill(made + "/layer");
        return (_cache is null ? made : _cache.Keep(whole, made)) + "/layer";
    }

    private void RunSections(Stage stage)
    {
        DefinitionStage definition = stage.Definition;
        Layer(stage, key: null, (root, _) =>
        {
            BaseEntries.Add(root);
            if (_settings.Console.Compat32)
            {
                root.MakeDirectory(BaseEntries.Directory + "/libs32"); // to be mounted on, as libs is
            }

            foreach (DefinitionApp app in definition.Apps)
            {
                AppFiles.Prepare(root, app);
            }

            if (_settings.FixPermissions)
            {
                Permissions.Fix(root.Root, _settings.Cancel);
            }

            CopyFiles(stage, root);
            stage.Temporary.Note(root);
        });

        if (definition.Sections.TryGetValue("post", out DefinitionSection? post) && _settings.Runs("post"))
        {
            _settings.Messages.Info("Running post scriptlet");
            RunPost(stage, post);
        }

        foreach (DefinitionApp app in definition.Apps)
        {
            if (app.Sections.TryGetValue("install", out DefinitionSection? install) && _settings.Runs("post"))
            {
                string script = AppFiles.InstallScript(app);
                string key = LayerCache.Key("appinstall", stage.Key, app.Name, install.Arguments, script, Surroundings());
                Layer(stage, key, (root, _) => _runner.Inside("appinstall " + app.Name, install, script, root));
            }
        }
    }

    private void CopyFiles(Stage stage, RootFiles root)
    {
        DefinitionStage definition = stage.Definition;
        var copies = new FileCopies(root, _settings.Cancel);
        string here = FileSystem.WorkingDirectory() ?? "/";
        bool files = _settings.Runs("files");
        foreach (DefinitionFiles section in definition.Files)
        {
            if (files && section.Stage is { } name)
            {
                Stage from = _stages.TryGetValue(name, out Stage? known) && known != stage
                    ? known : throw new UserException($"%files from {name}: no earlier stage has that name", "name one: Stage: " + name);
                copies.FromStage(section.Copies, from.Root.Files, name);
            }
        }

        if (definition.Sections.TryGetValue("setup", out DefinitionSection? setup) && _settings.Runs("setup"))
        {
            _settings.Messages.Info("Running setup scriptlet");
            _runner.OnHost("setup", setup, root.Root);
        }

        foreach (DefinitionFiles section in definition.Files)
        {
            if (files && section.Stage is null)
            {
                copies.FromHost(section.Copies, here);
            }
        }

        foreach (DefinitionApp app in definition.Apps)
        {
            if (files)
            {
                copies.FromHost(app.Files, here, AppFiles.Root(app.Name));
            }
        }
    }

    /// <summary>Runs <c>%post</c> in pieces, so that a change near its end repeats only what follows.</summary>
    private void RunPost(Stage stage, DefinitionSection post)
    {
        if (!stage.Root.Layered || _cache is null)
        {
            Layer(stage, LayerCache.Key("post", stage.Key), (root, _) => _runner.Inside("post", post, post.Text, root));
            return;
        }

        string start = LayerCache.Key("post", stage.Key, post.Arguments, Surroundings());
        PostScript script = PostScript.Of(post);
        string state = "";
        foreach (PostPiece piece in script.Pieces(prefix => _cache.Below(LayerCache.Key(start, prefix))))
        {
            string? after = Layer(stage, LayerCache.Key(start, piece.Prefix), (root, layer) =>
            {
                _runner.Inside("post", post, script.Text(piece, state), root);
                LayerCache.NoteBelow(layer, piece.Start);
                if (!piece.Last)
                {
                    PostScript.KeepState(root, layer);
                }
            });
            if (piece.Last)
            {
                break;
            }

            state = after ?? "";
            if (state.Length == 0)
            {
                break;      // the script ended of its own accord
            }
        }

        stage.Key = LayerCache.Key(start, post.Text);
    }

    /// <summary>Has changes made in a layer of their own, or takes the layer that is there from an earlier build.</summary>
    /// <param name="key">Of all that the changes depend on; null when that is known only afterwards, by the result.</param>
    /// <param name="change">Gets the root, and the directory that the layer is kept in.</param>
    /// <returns>What the change left as its state; null without.</returns>
    private string? Layer(Stage stage, string? key, Action<RootFiles, string> change)
    {
        _settings.Cancel.ThrowIfCancellationRequested();
        BuildRoot root = stage.Root;
        if (!root.Layered)
        {
            change(root.Files, _workspace.Path);
            return null;
        }

        if (key is not null && _cache?.Find(key) is { } kept)
        {
            _settings.Messages.Verbose("its result is there from an earlier build");
            root.Add(kept + "/layer");
            stage.Key = key;
            return SmallFile.TryRead(kept + "/state", 1 << 20) is { } old ? Encoding.Latin1.GetString(old) : null;
        }

        string made = _workspace.Directory($"layer-{_layers++}");
        string work = _workspace.Directory($"work-{_layers}");
        FileSystem.MakeDirectory(made + "/layer", 0x1ED);
        string top = root.Layers.Count > 0 ? root.Layers[^1] : stage.Base.Directories[0];
        TreeCopy.SetMode(made + "/layer", (uint)(FileSystem.TryStat(top)?.Permissions ?? 0x1ED));
        root.Begin(made + "/layer", work);
        try
        {
            change(root.Files, made);
        }
        finally
        {
            root.End();
        }

        string? state = SmallFile.TryRead(made + "/state", 1 << 20) is { } left ? Encoding.Latin1.GetString(left) : null;
        if (key is null)
        {
            stage.Key = LayerCache.Key(stage.Key, TreeDigest.OfContent(made + "/layer"), _settings.Identity.ToString());
            root.Add(made + "/layer");
        }
        else
        {
            stage.Key = key;
            root.Add((_cache is null ? made : _cache.Keep(key, made)) + "/layer");
        }

        return state;
    }

    /// <summary>What sections depend on besides the root and their own text.</summary>
    private string Surroundings()
        => string.Join('\n', [_settings.Identity.ToString(), Release.Number, .. _settings.Binds, "", .. _settings.Mounts]);

    private void Finish(Stage stage, string target)
    {
        long time = Time(stage);
        Layer(stage, key: null, (root, _) =>
        {
            stage.Temporary.Remove(root);
            ImageMetadata.Write(root, _definition, _settings, time);
        });
        DefinitionStage definition = stage.Definition;
        stage.Root.Show();
        if (definition.Sections.TryGetValue("test", out DefinitionSection? test) && !_settings.NoTest && _settings.Runs("test"))
        {
            _settings.Messages.Info("Running testscript");
            _runner.Test(test, stage.Root.Files);
        }

        if (_settings.Update)
        {
            return;
        }

        if (_settings.Sandbox)
        {
            _settings.Messages.Info("Creating sandbox directory...");
            SandboxAssembly.Copy(stage.Root.Path, target, _settings);
            return;
        }

        _settings.Messages.Info("Creating SIF file...");
        _ = SifAssembly.Build(stage.Root.Path, target, _settings.Assembly with
        {
            Time = time,
            Definition = Encoding.Latin1.GetBytes(_definition.Text),
            OciConfig = stage.Base.OciConfig,
            Owners = stage.Base.OwnersOf is { } image ? BaseOwners.Of(image) : [],
            Architecture = _settings.Architecture.Length > 0 ? _settings.Architecture : null,
        });
    }

    /// <summary>SOURCE_DATE_EPOCH, else the time of the base: never that of now, so that the same input gives the same bytes.</summary>
    private static long Time(Stage stage)
    {
        long time = NewestTime.Asked() ?? stage.Base.Time ?? EarliestTime;
        return Math.Clamp(time, 0, uint.MaxValue);
    }
}

using System.Globalization;
using Kerr.Build.Definition;
using Kerr.Build.Sections;
using Kerr.Image;
using Kerr.Image.Sandbox;
using Kerr.Image.Sif;
using Kerr.Linux.Files;

namespace Kerr.Build.Metadata;

/// <summary>What the last stage of a definition writes below <c>/.singularity.d</c>.</summary>
internal static class ImageMetadata
{
    private const string Root = BaseEntries.Directory;
    private const uint Executable = 0x1ED;

    /// <param name="time">Of the image, seconds since 1970.</param>
    internal static void Write(RootFiles root, DefinitionFile definition, BuildSettings settings, long time)
    {
        DefinitionStage stage = definition.Final;
        KeepHistory(root);
        root.Write(Root + "/Singularity", definition.Text);
        if (root.Exists(SectionRunner.EnvironmentPath))
        {
            TreeCopy.SetMode(root.Resolve(SectionRunner.EnvironmentPath), Executable);
        }

        if (stage.Text("environment") is { Length: > 0 } environment && settings.Runs("environment"))
        {
            string before = root.Read(BaseEntries.EnvironmentScript) ?? BaseEntries.EnvironmentHeader;
            root.Write(BaseEntries.EnvironmentScript, $"{before}\n{environment}\n", Executable);
        }

        foreach (string script in (string[])["runscript", "startscript", "test"])
        {
            if (stage.Sections.TryGetValue(script, out DefinitionSection? section) && (settings.Runs("all") || settings.Runs(script)))
            {
                root.Write($"{Root}/{script}", SectionScript.Of(section), Executable);
            }
        }

        bool help = stage.Text("help").Length > 0 && settings.Runs("help");
        if (help && (settings.Force || !root.Exists(Root + "/runscript.help") || !settings.Update))
        {
            root.Write(Root + "/runscript.help", stage.Text("help") + "\n");
        }

        AppFiles.Finish(root, stage.Apps);
        WriteLabels(root, definition, settings, time, help);
    }

    /// <summary>The definition that the base was made by becomes <c>bootstrap_history/ApptainerN</c>.</summary>
    private static void KeepHistory(RootFiles root)
    {
        if (root.Read(Root + "/Singularity") is not { } before)
        {
            return;
        }

        int number = 0;
        string Name(string program) => string.Create(CultureInfo.InvariantCulture, $"{Root}/bootstrap_history/{program}{number}");
        while (root.Exists(Name("Apptainer")) || root.Exists(Name("Singularity")))
        {
            number++;
        }

        root.Write(Name("Apptainer"), before);
    }

    private static void WriteLabels(RootFiles root, DefinitionFile definition, BuildSettings settings, long time, bool help)
    {
        const string path = Root + "/labels.json";
        Labels labels = Labels.Read(root.Read(path));
        if (settings.Runs("labels"))
        {
            DefinitionStage stage = definition.Final;
            labels.Add(Labels.Lines(stage.Text("labels")), settings.Force, settings.Messages.Warn);
            labels.Add(Labels.Lines(root.Read(SectionRunner.LabelsPath) ?? ""), settings.Force, settings.Messages.Warn);
            labels.AddOwn(stage, Architecture(root, settings), time, help);
            labels.Set(Determinism.Label, Determinism.Of(definition).Text);
        }

        root.Remove(SectionRunner.LabelsPath);
        root.Write(path, labels.ToJson());
    }

    private static string Architecture(RootFiles root, BuildSettings settings)
    {
        if (settings.Architecture.Length > 0)
        {
            return settings.Architecture;
        }

        using IImageTree tree = new SandboxTree(FileCalls.Open(root.Root, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY));
        return ElfArchitecture.Of(tree) ?? SifArchitecture.Host;
    }
}

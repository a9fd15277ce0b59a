using System.Collections.Generic;
using System.Text;
using System.Threading;
using Kerr.Build;
using Kerr.Build.Assembly;
using Kerr.Build.Definition;
using Kerr.Build.Inspection;
using Kerr.Build.Sections;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Cli.Commands.Legacy;

/// <summary>Commands of Singularity 2 on its writable images, under both of the names that they had.</summary>
internal static class ImageCommands
{
    private static readonly Option s_created = new("size", 's', OptionKind.Number, OptionScope.Build, "size of the image in MiB") { Default = "768" };

    private static readonly Option s_more = new("size", 's', OptionKind.Number, OptionScope.Build, "MiB to add") { Default = "512" };

    private static readonly Option s_force = new("force", 'F', OptionKind.Flag, OptionScope.Build, "replace what is there");

    private static readonly Option s_file = new("file", 'f', OptionKind.Text, OptionScope.Build, "the archive, instead of standard input or output")
    { ValueName = "FILE" };

    internal static Command Create() => Declare(
        "Make an empty writable image", "[options] <image>", "An ext3 file system behind a launch line, as Singularity 2 made them.",
        Arity.Exactly(1), [s_created, s_force], static (invocation, settings) =>
        {
            string path = invocation.Arguments[0];
            if (FileSystem.TryStat(path) is not null && !invocation.Values.Flag(s_force))
            {
                throw new UserException($"{path} exists already", "give the image another name, or add --force to replace it");
            }

            Ext3Assembly.Create(path, Size(invocation, s_created), null, settings);
        });

    internal static Command Expand() => Declare(
        "Make a writable image larger", "[options] <image>", "Its files are packed into a larger ext3 file system.",
        Arity.Exactly(1), [s_more], static (invocation, settings) => Ext3Assembly.Expand(invocation.Arguments[0], Size(invocation, s_more), settings), asRoot: true);

    internal static Command Export() => Declare(
        "Write the files of an image as a tar archive", "[options] <image>", "To standard output, or to the file named.",
        Arity.Exactly(1), [s_file], static (invocation, settings) =>
        {
            using var workspace = new BuildWorkspace(settings.TemporaryDirectory);
            string tree = workspace.Directory("rootfs") + "/tree";
            ImageConversion.Run(invocation.Arguments[0], tree, settings with { Sandbox = true, Assembly = settings.Assembly with { Data = true } });
            string archive = invocation.Values.Text(s_file);
            Tar(settings, ["-C", tree, "--numeric-owner", "-cf", archive.Length > 0 ? FileSystem.Absolute(archive, FileSystem.WorkingDirectory() ?? "/") : "-", "."]);
        }, asRoot: true);

    internal static Command Import() => Declare(
        "Add the files of a tar archive to a writable image", "[options] <image> [archive]", "From standard input, or from the archive named.",
        Arity.Between(1, 2), [s_file], static (invocation, settings) =>
        {
            string archive = invocation.Arguments.Length > 1 ? invocation.Arguments[1] : invocation.Values.Text(s_file);
            string from = archive.StartsWith("file://", System.StringComparison.Ordinal) ? archive["file://".Length..] : archive;
            Ext3Assembly.Change(invocation.Arguments[0], settings, directory => Tar(settings, ["-C", directory, "-xpf", from.Length > 0 ? FileSystem.Absolute(from, FileSystem.WorkingDirectory() ?? "/") : "-"]));
        }, asRoot: true);

    internal static Command Bootstrap() => Declare(
        "Run a definition into a writable image", "<image> <definition>", "The image must be there: see create. Use build for images that stay as they are.",
        Arity.Exactly(2), [], static (invocation, settings) =>
        {
            string text = Encoding.Latin1.GetString(SmallFile.Read(invocation.Arguments[1], 16 << 20));
            DefinitionFile definition = DefinitionParser.Parse(invocation.Arguments[1], text, TemplateArguments.None);
            Ext3Assembly.Change(invocation.Arguments[0], settings, directory =>
            {
                using var build = new DefinitionBuild(settings with { Sandbox = true }, definition);
                build.Run(directory);
            });
        }, asRoot: true);

    internal static Command Apps() => new()
    {
        Summary = "List the apps of an image",
        Synopsis = "<image>",
        Description = "The names of the Scientific Filesystem's apps in it, a line each.",
        Arity = Arity.Exactly(1),
        Hidden = true,
        Run = static invocation =>
        {
            using ImageFile image = ImageFile.Open(invocation.Arguments[0]);
            var names = new StringBuilder();
            foreach (string name in ImageInspection.Of(image, static text => Log.Warning(text)).Apps.Keys)
            {
                names.Append(name).Append('\n');
            }

            StandardStream.Write(StandardStream.Output, Encoding.UTF8.GetBytes(names.ToString()));
            return 0;
        },
    };

    internal delegate void Work(Invocation invocation, BuildSettings settings);

    internal static Command Declare(
        string summary, string synopsis, string description, Arity arity, Option[] options, Work work, bool asRoot = false) => new()
        {
            Summary = summary,
            Synopsis = synopsis,
            Description = description,
            Arity = arity,
            Hidden = true,
            Options = () => options,
            Run = invocation =>
            {
                // Owners in the image are those of a namespace in which the caller is root.
                BuildIdentity? inside = Build.BuildNamespace.Entered(invocation.Environment);
                if (asRoot && inside is null)
                {
                    throw Build.BuildNamespace.Enter(invocation);
                }

                using var interrupt = new CancellationTokenSource();
                using var signals = new InterruptSignals(interrupt);
                work(invocation, Settings(invocation, inside ?? BuildIdentity.Root, interrupt.Token));
                return 0;
            },
        };

    private static BuildSettings Settings(Invocation invocation, BuildIdentity identity, CancellationToken cancel) => new()
    {
        Configuration = Site.Configuration(invocation, Site.Installation),
        Installation = Site.Installation,
        Environment = Build.BuildNamespace.Without(invocation.Environment),
        Identity = identity,
        TemporaryDirectory = Build.BuildPlaces.Temporary(invocation),
        Messages = new BuildMessages(static text => Log.Verbose(text), static text => Log.Warning(text), static text => Log.Verbose(text)),
        Assembly = new SifAssemblyOptions(),
        Console = Build.BuildNamespace.Console(invocation),
        Cancel = cancel,
    };

    private static long Size(Invocation invocation, Option option)
        => invocation.Values.Number(option) is > 0 and var size
            ? size : throw new UserException($"--size {invocation.Values.Number(option)} is no size in MiB", "give a number from 1 on");

    private static void Tar(BuildSettings settings, IReadOnlyList<string> arguments)
    {
        string tool = ChildProcess.Find("tar", EnvironmentBlock.Get(settings.Environment, "PATH")) ?? throw new UserException("tar is not on this host", "apt-get install tar");
        ChildResult result = ChildProcess.RunAttached(tool, [tool, .. arguments], settings.Environment, settings.Cancel);
        if (!result.Succeeded)
        {
            throw new UserException($"tar ended with status {result.ExitCode}", "what it printed above says why");
        }
    }
}

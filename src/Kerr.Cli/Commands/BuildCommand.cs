using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using Kerr.Build;
using Kerr.Build.Assembly;
using Kerr.Build.Definition;
using Kerr.Cli.Commands.Build;
using Kerr.Cli.Commands.Transfers;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Cli.Options.Actions;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Registry.References;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Cli.Commands;

/// <summary><c>build</c>: makes an image of a definition file or of another image.</summary>
internal static class BuildCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Make an image",
        Synopsis = "[options] <target> <source>",
        Description =
            "Makes a SIF file, or with --sandbox a directory, of a definition file, or of a directory or image of any format. The same source "
            + "gives the same bytes.\n\n"
            + "The sections of a definition run as root of a user namespace: with the ids that /etc/subuid gives the caller, else with one id, "
            + "and then changes of ownership succeed without effect. What a section did is kept in the cache and taken from there as long as "
            + "nothing it depends on has changed.",
        Examples =
            "kerr build image.sif image.def\n"
            + "kerr build --build-arg VERSION=2 image.sif image.def\n"
            + "kerr build --sandbox directory/ image.sif\n"
            + "kerr build image.sif directory/",
        Arity = Arity.Exactly(2),
        Options = BuildOptions.Table,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string target = invocation.Arguments[0], source = invocation.Arguments[1];
        OptionValues values = invocation.Values;
        RefuseWhatIsMissing(values, [BuildOptions.Encrypt, ImageOptions.Passphrase]);
        if (ImageUri.TryParse(source) is { } uri)
        {
            RefuseWhatIsMissing(values, [BuildOptions.Data, BuildOptions.Update, BuildOptions.Json]);
            return UriBuild.Run(invocation, target, uri);
        }

        DefinitionFile? definition = Definition(source, values);
        BuildIdentity? inside = BuildNamespace.Entered(invocation.Environment);
        if (inside is null)
        {
            BuildTarget.Check(target, source, values);
            if (definition is not null || (values.Flag(BuildOptions.Fakeroot) && CurrentProcess.EffectiveUserId != 0))
            {
                throw BuildNamespace.Enter(invocation);
            }
        }

        using var interrupt = new CancellationTokenSource();
        using var signals = new InterruptSignals(interrupt);
        BuildSettings settings = Settings(invocation, inside ?? BuildIdentity.Root, interrupt.Token);
        if (definition is null)
        {
            ImageConversion.Run(source, target, settings);
        }
        else
        {
            using var build = new DefinitionBuild(settings, definition);
            build.Run(target);
        }

        Log.Info($"Build complete: {target}");
        return 0;
    }

    /// <summary>The definition that the source is; null for an image.</summary>
    private static DefinitionFile? Definition(string source, OptionValues values)
    {
        if (FileSystem.TryStat(source) is not { } status)
        {
            throw new UserException(
                $"cannot build from {source}: {(source.Contains("://", StringComparison.Ordinal) ? "this build has no transport for it" : "no such file or directory")}",
                "give a definition file, an image or a directory");
        }

        if (status.IsDirectory || (status.IsRegular && ImageFile.IsImage(source)))
        {
            return null;
        }

        const int largest = 16 << 20;
        string text;
        try
        {
            text = Encoding.Latin1.GetString(SmallFile.Read(source, largest));
        }
        catch (Exception failure) when (failure is LinuxException or System.IO.InvalidDataException)
        {
            throw new UserException($"cannot build from {source}: {failure.Message}", "check its permissions: ls -l " + source, failure);
        }

        if (values.Flag(BuildOptions.Json))
        {
            return DefinitionJson.Parse(source, text);
        }

        var arguments = new TemplateArguments();
        if (values.Text(BuildOptions.BuildArgFile) is { Length: > 0 } file)
        {
            byte[] given = SmallFile.TryRead(file, largest) ?? throw new UserException($"cannot read {file}, which --build-arg-file names", "check its name");
            arguments.GiveFile(file, Encoding.Latin1.GetString(given), text => Log.Warning(text));
        }

        foreach (string pair in values.Items(BuildOptions.BuildArg))
        {
            arguments.Give(pair);
        }

        DefinitionFile definition = DefinitionParser.Parse(source, text, arguments);
        if (arguments.Unused is { Count: > 0 } unused)
        {
            string names = string.Join(", ", unused);
            if (!values.Flag(BuildOptions.WarnUnusedBuildArgs))
            {
                throw new UserException($"unused build args: {names}", "correct their names, or use option --warn-unused-build-args to have a warning only");
            }

            Log.Warning($"unused build args: {names}");
        }

        return definition;
    }

    private static BuildSettings Settings(Invocation invocation, BuildIdentity identity, CancellationToken cancel)
    {
        OptionValues values = invocation.Values;
        SiteConfiguration configuration = Site.Configuration(invocation, Site.Installation);
        return new BuildSettings
        {
            Configuration = configuration,
            Installation = Site.Installation,
            Environment = BuildNamespace.Without(invocation.Environment),
            Identity = identity,
            Remote = new RemoteImages(invocation, configuration),
            TemporaryDirectory = BuildPlaces.Temporary(invocation),
            CacheDirectory = values.Flag(BuildOptions.NoCache) || values.Flag(ImageOptions.DisableCache) ? null : BuildPlaces.Cache(invocation.Environment),
            Messages = new BuildMessages(text => Log.Info(text), text => Log.Warning(text), text => Log.Verbose(text)),
            Assembly = AssemblyOptions(invocation, configuration) with
            {
                Overwrite = true,       // what is there was asked about before
                Data = values.Flag(BuildOptions.Data),
                ShowTool = Log.Shows(LogLevel.Verbose),
            },
            Sandbox = values.Flag(BuildOptions.Sandbox),
            Update = values.Flag(BuildOptions.Update),
            Force = values.Flag(BuildOptions.Force),
            NoTest = values.Flag(BuildOptions.NoTest),
            FixPermissions = values.Flag(BuildOptions.FixPerms),
            NoCleanup = values.Flag(BuildOptions.NoCleanup),
            WritableTmpfs = values.Flag(BuildOptions.WritableTmpfs),
            Sections = BuildTarget.Sections(values),
            Binds = values.Items(BuildOptions.Bind),
            Mounts = values.Items(BuildOptions.Mount),
            Architecture = values.Text(BuildOptions.Arch),
            Console = BuildNamespace.Console(invocation),
            Cancel = cancel,
        };
    }

    internal static SifAssemblyOptions AssemblyOptions(Invocation invocation, SiteConfiguration configuration)
    {
        List<string> extra = Words(invocation.Values.Text(BuildOptions.MksquashfsArgs));
        int compression = extra.IndexOf("-comp");
        return new SifAssemblyOptions
        {
            Overwrite = invocation.Values.Flag(BuildOptions.Force),
            Processors = (int)configuration.MksquashfsProcs,
            Memory = configuration.MksquashfsMem.Length > 0 ? configuration.MksquashfsMem : SifAssemblyOptions.UsualMemory,
            Compression = compression >= 0 && compression + 1 < extra.Count ? extra[compression + 1] : SifAssemblyOptions.UsualCompression,
            ExtraArguments = compression >= 0 && compression + 1 < extra.Count ? [.. extra[..compression], .. extra[(compression + 2)..]] : extra,
            FixPermissions = invocation.Values.Flag(BuildOptions.FixPerms),
        };
    }

    private static List<string> Words(string text)
        => [.. text.Split((char[])[' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>What this version cannot do must not be passed over in silence.</summary>
    private static void RefuseWhatIsMissing(OptionValues values, ReadOnlySpan<Option> missing)
    {
        foreach (Option option in missing)
        {
            if (values.Flag(option))
            {
                throw new UserException($"--{option.Name} is not supported by this version", "leave it out; docs/compatibility.md lists what is there");
            }
        }

        if (values.Flag(BuildOptions.Remote))
        {
            throw new UserException("--remote is no longer supported: there is no remote builder", "build here: leave it out");
        }
    }
}

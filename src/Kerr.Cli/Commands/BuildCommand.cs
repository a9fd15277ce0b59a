using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Build.Assembly;
using Kerr.Cli.Commands.Transfers;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.References;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands;

/// <summary><c>build</c>: makes an image.</summary>
internal static class BuildCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Make an image",
        Synopsis = "[options] <target> <source>",
        Description =
            "Makes a SIF file of a directory. The same directory gives the same bytes. Definition files, registries and other "
            + "sources come with a later version.",
        Examples = "kerr build image.sif directory/",
        Arity = Arity.Exactly(2),
        Options = BuildOptions.Table,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string target = invocation.Arguments[0], source = invocation.Arguments[1];
        if (ImageUri.TryParse(source) is { } uri)
        {
            RefuseWhatIsMissing(invocation.Values, [BuildOptions.Data, BuildOptions.Update, BuildOptions.Json, BuildOptions.Encrypt]);
            return UriBuild.Run(invocation, target, uri);
        }

        RefuseWhatIsMissing(invocation.Values, [BuildOptions.Sandbox, BuildOptions.Data, BuildOptions.Update, BuildOptions.Json, BuildOptions.Encrypt]);
        if (FileSystem.TryStat(source) is not { } status)
        {
            throw new UserException(
                source.Contains("://", StringComparison.Ordinal) ? $"cannot build from {source}: this version builds from directories only" : $"{source} does not exist",
                "give a directory with the files of the image: kerr build image.sif directory/");
        }

        if (!status.IsDirectory)
        {
            throw new UserException($"cannot build from {source}: this version builds from directories only", "unpack it first, as with: unsquashfs -o OFFSET -d DIRECTORY IMAGE");
        }

        SiteConfiguration configuration = Site.Configuration(invocation, Site.Installation);
        Guid id = SifAssembly.Build(source, target, AssemblyOptions(invocation, configuration));
        Log.Info(string.Create(CultureInfo.InvariantCulture, $"Build complete: {target} (id {id})"));
        return 0;
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
            Compression = compression >= 0 && compression + 1 < extra.Count ? extra[compression + 1] : "zstd",
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
    }
}

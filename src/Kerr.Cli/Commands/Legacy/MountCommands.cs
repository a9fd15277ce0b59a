using System;
using System.Collections.Generic;
using Kerr.Build;
using Kerr.Build.Assembly;
using Kerr.Build.Definition;
using Kerr.Build.Sections;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;

namespace Kerr.Cli.Commands.Legacy;

/// <summary>Commands of Singularity 2 that show an image as a directory of the host: <c>mount</c> and <c>copy</c>.</summary>
internal static class MountCommands
{
    private static readonly Option s_writable = new("writable", 'w', OptionKind.Flag, OptionScope.Build, "keep what is changed; ext3 images only");

    internal static Command Mount() => ImageCommands.Declare(
        "Start a shell that has an image as a directory",
        "[options] <image>",
        "The shell finds the image's files below $SINGULARITY_ROOTFS, and is root of a namespace of its own. Nobody else sees them, and they are gone with "
            + "the shell. Changes are kept with --writable only: then the image is packed again when the shell ends with status 0.",
        Arity.Exactly(1), [s_writable], static (invocation, settings) =>
        {
            string image = invocation.Arguments[0];
            if (invocation.Values.Flag(s_writable))
            {
                Ext3Assembly.Change(image, settings, directory => Shell(settings, directory));
                return;
            }

            using var workspace = new BuildWorkspace(settings.TemporaryDirectory);
            using StageBase shown = StageBase.OfImage(image, settings, workspace, "0", (_, fill) =>
            {
                string unpacked = workspace.Directory("image");
                fill(unpacked);
                return unpacked;
            });
            Shell(settings, shown.Directories[0]);
        }, asRoot: true);

    internal static Command Copy() => ImageCommands.Declare(
        "Copy files of the host into a writable image",
        "<image> <source>... <target>",
        "The target is a path in the image; directories are copied with all that is in them. Links in the image lead nowhere else. Options of cp that ask for "
            + "this are taken: -a, -f, -L, -p, -r, -R, -v.",
        Arity.AtLeast(3), [], static (invocation, settings) =>
        {
            var files = new List<string>();
            foreach (string argument in invocation.Arguments[1..])
            {
                if (!argument.StartsWith('-') || argument.Length == 1)
                {
                    files.Add(argument);
                }
                else if (!Array.TrueForAll(argument[1..].ToCharArray(), static letter => "afLprRv".Contains(letter, StringComparison.Ordinal)))
                {
                    throw new UserException($"copy does not know the option {argument} of cp", "unpack the image, and change it there: kerr build --sandbox DIRECTORY IMAGE");
                }
            }

            if (files.Count < 2)
            {
                throw new UserException("copy needs a source and a target", "kerr copy image.img file /opt/file");
            }

            // As cp does: below a target that is a directory; several files go nowhere else.
            string target = "/" + files[^1].TrimStart('/');
            Ext3Assembly.Change(invocation.Arguments[0], settings, directory =>
            {
                var root = new RootFiles(directory);
                bool below = files.Count > 2 || target.EndsWith('/') || root.Stat(target) is { IsDirectory: true };
                List<DefinitionCopy> copies = [];
                foreach (string source in files[..^1])
                {
                    copies.Add(new DefinitionCopy(source, below ? $"{target.TrimEnd('/')}/{source.TrimEnd('/').Split('/')[^1]}" : target));
                }

                new FileCopies(root, settings.Cancel).FromHost(copies, FileSystem.WorkingDirectory() ?? "/");
            });
        }, asRoot: true);

    private static void Shell(BuildSettings settings, string directory)
    {
        string shell = EnvironmentBlock.Get(settings.Environment, "SHELL") is { Length: > 0 } own && FileSystem.IsAccessible(own, 1) ? own : "/bin/sh";
        Log.Info($"the image is at {directory} until this shell ends");
        ChildResult result = ChildProcess.RunAttached(
            shell, [shell], [.. settings.Environment, $"SINGULARITY_ROOTFS={directory}", $"APPTAINER_ROOTFS={directory}"], settings.Cancel);
        if (!result.Succeeded)
        {
            throw new UserException($"the shell ended with status {result.ExitCode}", "what was changed is not kept");
        }
    }
}

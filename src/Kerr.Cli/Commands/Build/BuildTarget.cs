using System;
using System.Collections.Generic;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;

namespace Kerr.Cli.Commands.Build;

/// <summary>Whether a build may have its target, which may be there already.</summary>
internal static class BuildTarget
{
    private static readonly string[] s_sections = ["all", "none", "setup", "post", "files", "environment", "test", "labels"];

    /// <exception cref="UserException">Something is there that nobody said may go.</exception>
    internal static void Check(string target, string source, OptionValues values)
    {
        bool update = values.Flag(BuildOptions.Update), sandbox = values.Flag(BuildOptions.Sandbox);
        _ = Sections(values);
        FileStatus? there = FileSystem.TryStat(target);
        if (update)
        {
            if (!sandbox || there is not { IsDirectory: true })
            {
                throw new UserException("--update works on a directory that is an image already", $"kerr build --sandbox --update DIRECTORY {source}");
            }

            return;
        }

        if (there is not { } status)
        {
            return;
        }

        if (FileSystem.TryStat(source) is { } from && from.Identity == status.Identity)
        {
            throw new UserException($"{target} is what is built from", "give the image another name");
        }

        if (values.Flag(BuildOptions.Force))
        {
            if (status.IsDirectory && !sandbox)
            {
                throw new UserException($"{target} is a directory", "give the image another name, or add --sandbox to replace it by a directory");
            }

            return;
        }

        if (status.IsDirectory && !IsSandbox(target))
        {
            throw new UserException($"{target} is a directory that is no image: use --force if you want to overwrite it", "or give the image another name");
        }

        Ask(target);
    }

    /// <summary>The values of --section.</summary>
    internal static IReadOnlyList<string> Sections(OptionValues values)
    {
        IReadOnlyList<string> sections = values.IsSet(BuildOptions.Section) ? values.Items(BuildOptions.Section) : ["all"];
        foreach (string section in sections)
        {
            if (Array.IndexOf(s_sections, section) < 0)
            {
                throw new UserException($"--section does not know {section}", $"use {string.Join(", ", s_sections)}");
            }

            if (sections.Count > 1 && section is "all" or "none" && sections.Count > 1)
            {
                throw new UserException($"--section {section} does not go with other sections", "name it alone");
            }
        }

        return sections;
    }

    private static bool IsSandbox(string directory)
    {
        foreach (string name in (string[])[".singularity.d", "dev", "proc", "sys"])
        {
            if (FileSystem.TryStat($"{directory}/{name}") is not { IsDirectory: true })
            {
                return false;
            }
        }

        return true;
    }

    private static void Ask(string target)
    {
        if (!CurrentProcess.IsTerminal(StandardStream.Input))
        {
            throw new UserException($"build target '{target}' already exists. Use --force if you want to overwrite it");
        }

        StandardStream.Write(
            StandardStream.Error,
            $"Build target '{target}' already exists and will be deleted during the build process. Do you want to continue? [y/N] ");
        string answer = StandardStream.ReadLine().Trim();
        if (!answer.Equals("y", StringComparison.OrdinalIgnoreCase) && !answer.Equals("yes", StringComparison.OrdinalIgnoreCase))
        {
            throw new UserException("stopping build");
        }
    }
}

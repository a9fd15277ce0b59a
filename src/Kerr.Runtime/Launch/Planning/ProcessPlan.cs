using System;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>What the payload's process starts with: working directory, umask, privileges, filter.</summary>
internal static class ProcessPlan
{
    public static void Add(PlanContext plan)
    {
        AddConfinement(plan);
        plan.Steps.AddRange(plan.FusePrograms);
        AddWorkingDirectory(plan);
        if (plan.Isolation.DefaultUmask)
        {
            plan.Steps.Add(new UmaskStep("Setting umask 0022", plan.Request.Why(plan.Request.Compat ? "compat" : "no-umask"), 0x12));
        }

        PrivilegePlan.Add(plan);
        SecurityPlan.Add(plan);
    }

    /// <summary>A PID namespace hides processes, but a signal to the own process group would still reach the caller's.</summary>
    private static void AddConfinement(PlanContext plan)
    {
        // Whom Landlock confines nobody outside can read the memory of, other ranks neither.
        if (plan.Isolation.Pid && plan.Ranks is not null)
        {
            plan.Notes.Skip("confining signals to the container", $"ranks of {plan.Ranks.Text} reach each other");
        }
        else if (plan.Isolation.Pid)
        {
            plan.Steps.Add(new ConfineSignalsStep("Confining signals to the container", "a PID namespace of its own")
            {
                Failures =
                [
                    new(Errno.E2BIG, "cannot confine signals to the container: the caller is in as many Landlock domains as there can be", "use --no-pid, or start it from fewer sandboxes"),
                    new(default, "cannot confine signals to the container"),
                ],
            });
        }
    }

    private static void AddWorkingDirectory(PlanContext plan)
    {
        string? asked = plan.Request.Cwd;
        if (asked is not null && IsProcessPath(asked))
        {
            // CVE-2024-21626: a descriptor of the host reached through /proc.
            throw new UserException($"{plan.Request.Blame("cwd")}working directory {asked} leads through /proc", "give the directory by its own path");
        }

        string home = plan.Home.Destination ?? "/";
        string? first = asked ?? (plan.Isolation.Contain ? home : plan.Host.WorkingDirectory);
        var directories = new List<string>();
        foreach (string? directory in (ReadOnlySpan<string?>)[first, home, "/"])
        {
            if (directory is not null && !directories.Contains(directory))
            {
                directories.Add(directory);
            }
        }

        plan.Steps.Add(new WorkingDirectoryStep(
            $"Setting working directory: {directories[0]}",
            asked is not null ? plan.Request.Why("cwd") : plan.Isolation.Contain ? $"{plan.WhyContained}: start in the home" : "the current directory is kept",
            directories, FirstMustWork: asked is not null)
        {
            Policy = asked is not null ? FailurePolicy.Fatal : plan.Isolation.Contain ? FailurePolicy.Quiet : FailurePolicy.Warn,
            Failures =
            [
                new(Errno.ENOENT, asked is not null
                    ? $"{plan.Request.Blame("cwd")}failed to set working directory: {asked} does not exist in the container" : $"working directory {directories[0]} is not in the container",
                    asked is not null ? "bind a directory there, or use one that the image has" : null),
                new(default, $"{(asked is null ? "" : plan.Request.Blame("cwd"))}failed to set working directory {directories[0]}"),
            ],
        });
    }

    private static bool IsProcessPath(string path)
    {
        string clean = FileSystem.Clean(path);
        return clean.StartsWith("/proc/", StringComparison.Ordinal) && (clean.Contains("/fd/", StringComparison.Ordinal)
            || clean.EndsWith("/cwd", StringComparison.Ordinal) || clean.Contains("/cwd/", StringComparison.Ordinal)
            || clean.Contains("/root", StringComparison.Ordinal));
    }
}

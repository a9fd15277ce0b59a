using System;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Plan;
using Kerr.Runtime.Environment;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Which command becomes the payload: for each action a list, of which the first that is there is taken.</summary>
internal static class CommandPlan
{
    private const int NotFound = 255, ScriptError = 1;

    public static ExecStep Step(
        PlanContext plan, ImageScriptFiles scripts, IReadOnlyList<EnvironmentVariable> environment) => plan.Request.Action switch
        {
            LaunchAction.Exec => Exec(plan),
            LaunchAction.Shell => Shell(plan),
            LaunchAction.Run => Run(plan, scripts, environment),
            _ => Test(plan),
        };

    private static ExecStep Exec(PlanContext plan)
    {
        string command = plan.Request.Arguments[0];
        return new ExecStep($"Executing command: {command}", "exec", [Named(command, plan.Request.Arguments)])
        {
            Failures = [new(default, $"\"{command}\": executable file not found in $PATH", "check the name, or give the path inside the container")],
            ExitCode = NotFound,
        };
    }

    private static ExecStep Shell(PlanContext plan)
    {
        var candidates = new List<PayloadCandidate>();
        if (plan.Request.Shell is { Length: > 0 } shell)
        {
            candidates.Add(IfThere(shell, [shell, .. plan.Request.Arguments]));
        }

        candidates.Add(IfThere("/bin/bash", ["/bin/bash", "--norc", .. plan.Request.Arguments]) with { Environment = ["SHELL=/bin/bash"] });
        candidates.Add(IfThere("/bin/sh", ["/bin/sh", .. plan.Request.Arguments]) with { Environment = ["SHELL=/bin/sh"] });
        return new ExecStep("Executing shell", "shell", candidates)
        {
            Failures = [new(default, "/bin/sh does not exist in container", "use an image that has a shell, or: kerr exec IMAGE COMMAND")],
            ExitCode = ScriptError,
        };
    }

    private static ExecStep Run(PlanContext plan, ImageScriptFiles scripts, IReadOnlyList<EnvironmentVariable> environment)
    {
        IReadOnlyList<string> arguments = plan.Request.Arguments;
        if (App(plan) is { } app)
        {
            return App(app, "runscript", $"no runscript for contained app: {app}", plan);
        }

        if (!scripts.HasShell && scripts.Read("/.singularity.d/runscript") is { } text
            && OciScripts.CommandLine(
                text, arguments, environment, (int)plan.Isolation.InsideUid, (int)plan.Isolation.InsideGid) is { Count: > 0 } command)
        {
            return new ExecStep($"Executing the image's command: {command[0]}", "the runscript is understood without a shell", [Named(command[0], command)])
            {
                Failures = [new(default, $"\"{command[0]}\": executable file not found in $PATH", "the image names a command that it does not have")],
                ExitCode = NotFound,
            };
        }

        return new ExecStep("Executing runscript", "run",
        [
            IfThere("/.singularity.d/runscript", ["/.singularity.d/runscript", .. arguments]),
            IfThere("/apptainer", ["/apptainer", .. arguments]),
            IfThere("/singularity", ["/singularity", .. arguments]),
            IfThere("/bin/sh", ["/bin/sh", .. arguments]) with { Message = "No runscript found in container, executing /bin/sh" },
        ])
        {
            Failures = [new(default, "No runscript and no /bin/sh executable found in container, aborting", "name a command: kerr exec IMAGE COMMAND")],
            ExitCode = ScriptError,
        };
    }

    private static ExecStep Test(PlanContext plan)
        => App(plan) is { } app
            ? App(app, "test", $"No tests for contained app: {app}", plan)
            : new ExecStep("Executing test script", "test",
                [IfThere("/.singularity.d/test", ["/.singularity.d/test", .. plan.Request.Arguments])])
            {
                Failures = [new(default, "No test script found in container, exiting")],
                ExitCode = 0,
            };

    private static ExecStep App(string app, string script, string missing, PlanContext plan)
    {
        string path = $"/scif/apps/{app}/scif/{script}";
        return new ExecStep($"Executing {script} of application {app}", plan.Request.Why("app"), [IfThere(path, [path, .. plan.Request.Arguments])])
        {
            Failures = [new(default, missing, "see which there are: kerr exec IMAGE ls /scif/apps")],
            ExitCode = ScriptError,
        };
    }

    /// <summary>The application that --app names; null without one. Its name becomes part of paths, so it can be no path itself.</summary>
    internal static string? App(PlanContext plan)
        => plan.Request.App is not { Length: > 0 } app ? null : IsAppName(app) ? app
            : throw new UserException($"{plan.Request.Blame("app")}{app} is no name of an application", "names have letters, digits, and _ + . -, at most 64");

    private static bool IsAppName(string name)
    {
        if (name.Length > 64 || name[0] == '.')
        {
            return false;
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '+' or '.' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    private static PayloadCandidate IfThere(string path, IReadOnlyList<string> arguments)
        => new(path, arguments, CandidateFlags.IfExecutable);

    private static PayloadCandidate Named(string command, IReadOnlyList<string> arguments)
        => new(command, arguments, command.Contains('/', StringComparison.Ordinal) ? 0 : CandidateFlags.SearchPath);
}

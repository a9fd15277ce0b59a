using System;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Plan;
using Kerr.Runtime.Environment;
using Kerr.Runtime.Environment.Shell;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>The payload's command and environment, and whether a shell of the image must run first.</summary>
internal static class PayloadPlan
{
    public static IReadOnlyList<EnvironmentChange> Add(PlanContext plan)
    {
        Duration? limit = ScriptLimit(plan.Request);
        HostEnvironmentResult host = DecideHostEnvironment(plan);
        ImageScriptFiles scripts = ImageScriptFiles.Read(plan);
        var request = new ImageScriptsRequest
        {
            Scripts = scripts.Files,
            Forwarded = host.Forwarded,
            Injected = host.Injected,
            NoEvaluation = plan.Isolation.NoEval,
            WorkingDirectory = WorkingDirectory(plan),
            Uid = (int)plan.Isolation.InsideUid,
            Gid = (int)plan.Isolation.InsideGid,
            Arguments = plan.Request.Arguments,
            HasHostLibraries = plan.Injection.Named.Count + plan.Injection.Libraries.Count > 0,
            HasHostLibraries32 = plan.Injection.Libraries32.Count > 0,
            FirstLibraryDirectories = plan.Injection.FirstLibraries.Count > 0
                ? [InjectionPlan.FirstLibraries, .. plan.Injection.FirstDirectories] : plan.Injection.FirstDirectories,
        };

        if (scripts.Known && Computed(plan, request, scripts) is { } environment)
        {
            plan.Steps.Add(CommandPlan.Step(plan, scripts, environment.Variables) with { Environment = Texts(environment.Variables) });
            foreach (string message in environment.Messages)
            {
                plan.Notes.Info(message);
            }

            return WithOrigins(environment.Changes, host.Changes);
        }

        ImageEnvironment without = WithoutScripts(request);
        ExecStep step = CommandPlan.Step(plan, scripts, without.Variables);
        plan.Steps.Add(step with
        {
            Failures = limit is null ? step.Failures
                : [new(Errno.ETIME, $" was killed after {limit} timeout", "give the image's environment scripts more time: --runscript-timeout 5m"), .. step.Failures],
            ScriptLimit = limit?.Nanoseconds ?? 0,
            OwnWords = Math.Max(0, step.Candidates[0].Arguments.Count - plan.Request.Arguments.Count),
            Environment = Texts(without.Variables),
            Script = ImageScriptText.Generate(request, "exec @KERR_MERGE@", listed: scripts.Known),
            Shells = scripts.Shells,
            ScriptEnvironment = Texts(ImageScriptText.InitialEnvironment(request)),
            Flags = scripts.Known ? ExecFlags.ScriptRequired : ExecFlags.ScriptIfPresent,
        });
        return host.Changes;
    }

    private static Duration? ScriptLimit(LaunchRequest request)
    {
        if (request.RunscriptTimeout is not { Length: > 0 } text)
        {
            return null;
        }

        return Duration.TryParse(text, out Duration limit) && limit.Nanoseconds > 0 ? limit
            : throw new UserException(
                $"{request.Blame("runscript-timeout")}\"{text}\" is no time to wait", "use hours, minutes and seconds: --runscript-timeout 1m30s");
    }

    /// <summary>What the image left as it came in keeps the reason for which it came in; what was withheld is told, too.</summary>
    private static List<EnvironmentChange> WithOrigins(IReadOnlyList<EnvironmentChange> changes, IReadOnlyList<EnvironmentChange> origins)
    {
        var reasons = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (EnvironmentChange origin in origins)
        {
            reasons[origin.Name] = origin.Reason;
        }

        var named = new List<EnvironmentChange>(changes.Count);
        foreach (EnvironmentChange change in changes)
        {
            bool untouched = change.Reason == ImageScripts.Forwarded && reasons.ContainsKey(change.Name);
            named.Add(untouched ? change with { Reason = reasons[change.Name] } : change);
            reasons.Remove(change.Name);
        }

        foreach (EnvironmentChange origin in origins)
        {
            if (origin.Value is null && reasons.ContainsKey(origin.Name))
            {
                named.Add(origin);      // withheld from the container
            }
        }

        return named;
    }

    private static HostEnvironmentResult DecideHostEnvironment(PlanContext plan)
    {
        var inherited = new List<EnvironmentVariable>();
        foreach (string text in plan.Host.Environment)
        {
            if (EnvironmentVariable.Parse(text) is { } variable)
            {
                inherited.Add(variable);
            }
        }

        var options = new List<EnvironmentVariable>();
        foreach ((string name, string value) in plan.Request.Environment)
        {
            options.Add(new EnvironmentVariable(name, value));
        }

        var warnings = new List<string>();
        HostEnvironmentResult result = HostEnvironment.Decide(new HostEnvironmentRequest
        {
            Host = inherited,
            User = WithDevices(plan, HostEnvironment.Merge(options, FromFiles(plan, inherited), warnings), inherited),
            Runtime = RuntimeVariables(plan, inherited),
            CleanEnvironment = plan.Isolation.CleanEnvironment,
            Kept = plan.Ranks is null ? null : ParallelLaunch.Carries,
            Withheld = plan.Request.NoEnvironment,
            Home = plan.Home.Destination ?? "/",
        });
        foreach (string warning in (IEnumerable<string>)[.. warnings, .. result.Warnings])
        {
            plan.Notes.Warn(warning);
        }

        foreach (string note in result.Notes)
        {
            plan.Notes.Verbose(note);
        }

        return result;
    }

    /// <summary>What devices ask for counts more than what the image says, and less than what the user does.</summary>
    private static IReadOnlyList<EnvironmentVariable> WithDevices(
        PlanContext plan, IReadOnlyList<EnvironmentVariable> user, List<EnvironmentVariable> inherited)
    {
        if (plan.Injection.Environment.Count == 0)
        {
            return user;
        }

        var all = new List<EnvironmentVariable>(user);
        foreach (EnvironmentVariable variable in plan.Injection.Environment)
        {
            all.RemoveAll(other => other.Name == variable.Name && !Contains(user, other.Name));
            if (!Contains(user, variable.Name) && !Contains(inherited, "KERRENV_" + variable.Name)
                && !Contains(inherited, "APPTAINERENV_" + variable.Name) && !Contains(inherited, "SINGULARITYENV_" + variable.Name))
            {
                all.Add(variable);
            }
        }

        return all;
    }

    private static bool Contains(IReadOnlyList<EnvironmentVariable> variables, string name)
    {
        foreach (EnvironmentVariable variable in variables)
        {
            if (variable.Name == name)
            {
                return true;
            }
        }

        return false;
    }

    private static List<EnvironmentVariable> RuntimeVariables(PlanContext plan, List<EnvironmentVariable> inherited)
    {
        const int LongestVariable = 128 << 10;      // MAX_ARG_STRLEN of the kernel, for name and value
        var variables = new List<EnvironmentVariable>();
        string binds = ForNestedContainers(plan);
        if (binds.Length > LongestVariable - 32)
        {
            plan.Notes.Skip("variables APPTAINER_BIND and SINGULARITY_BIND", "the list of binds is longer than a variable can be");
            binds = "";
        }

        foreach (string prefix in (ReadOnlySpan<string>)["APPTAINER_", "SINGULARITY_"])
        {
            variables.Add(new(prefix + "CONTAINER", plan.Image.Path));
            variables.Add(new(prefix + "NAME", plan.Image.Name));
            variables.Add(new(prefix + "BIND", binds));
            variables.Add(new(prefix + "ENVIRONMENT", "/.singularity.d/env/91-environment.sh"));
            variables.Add(new(prefix + "COMMAND", plan.Request.Action.Name()));
            if (CommandPlan.App(plan) is { } app)
            {
                variables.Add(new(prefix + "APPNAME", app));
            }

            if (plan.Request.Shell is { Length: > 0 } shell)
            {
                variables.Add(new(prefix + "SHELL", shell));
            }

            if (plan.Isolation.NoEval && plan.Request.Action == LaunchAction.Run)
            {
                // The runscripts of converted OCI images ask for it.
                variables.Add(new(prefix + "NO_EVAL", "1"));
            }
        }

        variables.AddRange(plan.Injection.Replaced);
        foreach (EnvironmentVariable variable in inherited)
        {
            if (variable.Name == "PATH")
            {
                variables.Add(new("USER_PATH", variable.Value));
                break;
            }
        }

        return variables;
    }

    /// <summary>What a container inside this one is to bind: the destinations, which are its sources.</summary>
    private static string ForNestedContainers(PlanContext plan)
    {
        var destinations = new List<string>();
        foreach (BindSpecification bind in plan.Binds)
        {
            if (bind.Nested)
            {
                destinations.Add(bind.Destination);
            }
        }

        return string.Join(',', destinations);
    }

    private static string WorkingDirectory(PlanContext plan)
    {
        foreach (PlanStep step in plan.Steps)
        {
            if (step is WorkingDirectoryStep directory)
            {
                return directory.Directories[0];
            }
        }

        return "/";
    }

    private static ImageEnvironment? Computed(PlanContext plan, ImageScriptsRequest request, ImageScriptFiles scripts)
    {
        try
        {
            return ImageScripts.Evaluate(request, scripts);
        }
        catch (ShellUnsupportedException reason)
        {
            plan.Notes.Skip("computing the environment", $"{reason.Message}: the image's shell runs the scripts");
            return null;
        }
    }

    /// <summary>The environment for an image that turns out to have no scripts, or no shell to run them.</summary>
    private static ImageEnvironment WithoutScripts(ImageScriptsRequest request)
    {
        ImageScriptsRequest none = request with { Scripts = [] };
        try
        {
            return ImageScripts.Evaluate(none, ImageScriptFiles.None);
        }
        catch (ShellUnsupportedException)
        {
            return ImageScripts.Evaluate(none with { NoEvaluation = true }, ImageScriptFiles.None);
        }
    }

    private static IReadOnlyList<EnvironmentVariable> FromFiles(PlanContext plan, List<EnvironmentVariable> inherited)
    {
        if (plan.Request.EnvironmentFiles.Count == 0)
        {
            return [];
        }

        var files = new List<KeyValuePair<string, byte[]>>();
        foreach (string name in plan.Request.EnvironmentFiles)
        {
            string path = FileSystem.Absolute(name, plan.Host.WorkingDirectory ?? "/");
            string text = plan.Host.ReadText(path)
                ?? throw new UserException($"{plan.Request.Blame("env-file")}environment file {path} cannot be read", "check the path and its permissions");
            files.Add(new(name, System.Text.Encoding.Latin1.GetBytes(text)));
        }

        EnvFileResult result = EnvFile.Evaluate(
            files, plan.Request.Arguments, inherited, plan.Request.Image, (int)plan.Host.Uid, (int)plan.Host.Gid);
        foreach (string message in result.Messages)
        {
            plan.Notes.Warn(message);
        }

        return result.Variables;
    }

    private static List<string> Texts(IReadOnlyList<EnvironmentVariable> variables)
    {
        var texts = new List<string>(variables.Count);
        foreach (EnvironmentVariable variable in variables)
        {
            texts.Add(variable.ToString());
        }

        return texts;
    }
}

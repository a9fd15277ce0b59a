using System;
using Kerr.Cli.Commands.Transfers;
using Kerr.Cli.Console;
using Kerr.Linux.Files;
using Kerr.Registry.References;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch;

namespace Kerr.Cli.Commands.Actions;

/// <summary>From the options of an action to the launch; does not return when it succeeds.</summary>
internal static class ActionStart
{
    internal static int Run(LaunchAction action, ActionOptions options)
    {
        Launcher launcher = Prepare(action, options, Tell, out LaunchPlan plan);
        foreach ((int level, string text) in plan.Notes)
        {
            Tell(level, text);
        }

        throw launcher.Start(plan, NativeProcess.RestoreSignals, Tell);
    }

    /// <summary>Prints what would be done, and does nothing.</summary>
    internal static int Explain(LaunchAction action, ActionOptions options, bool json)
    {
        _ = Prepare(action, options, null, out LaunchPlan plan);
        if (json)
        {
            StandardStream.Write(StandardStream.Output, Explanation.ToJson(plan));
        }
        else
        {
            StandardStream.Write(StandardStream.Output, Explanation.ToText(plan));
        }

        return 0;
    }

    private static Launcher Prepare(LaunchAction action, ActionOptions options, Action<int, string>? tell, out LaunchPlan plan)
    {
        Invocation invocation = options.Invocation;
        Installation installation = Site.Installation;
        SiteConfiguration configuration = Site.Configuration(invocation, installation);
        ImageUri? uri = options.Image.Contains(':', StringComparison.Ordinal) ? ImageUri.TryParse(options.Image) : null;
        var launcher = new Launcher(configuration, installation, Program.StartedAt) { FetchedFrom = uri is null ? null : options.Image };
        launcher.EndPhase("command line and configuration");
        LaunchRequest request = ActionRequest.Of(action, options);
        if (uri is not null)
        {
            request = request with { Image = ImageFetch.ForAction(invocation, configuration, uri) };
            launcher.EndPhase("fetching the image");
        }

        plan = launcher.Prepare(request, new Host(invocation.Environment), tell);
        return launcher;
    }

    private static void Tell(int level, string text)
    {
        if (level <= (int)LogLevel.Warning)
        {
            Log.Warning(text);
        }
        else if (level <= (int)LogLevel.Info)
        {
            Log.Info(text);
        }
        else if (Log.Shows(LogLevel.Verbose))
        {
            Log.Verbose(text);
        }
    }
}

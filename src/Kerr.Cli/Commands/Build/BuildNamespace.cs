using System;
using System.Collections.Generic;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Processes;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Cli.Commands.Build;

/// <summary>Starts the same command again as root of namespaces of its own, where sections can run and mounts be made.</summary>
internal static class BuildNamespace
{
    /// <summary>Tells the second start what the first one decided. Nobody gains anything by setting it: it gives no privilege.</summary>
    private const string Variable = "KERR_BUILD_IDENTITY";

    /// <summary>What was decided, if this is the second start.</summary>
    internal static BuildIdentity? Entered(IReadOnlyList<string> environment) => EnvironmentBlock.Get(environment, Variable) switch
    {
        "root" => BuildIdentity.Root,
        "range" => BuildIdentity.Range,
        "single" => BuildIdentity.Single,
        _ => null,
    };

    /// <summary>The environment as the caller gave it.</summary>
    internal static List<string> Without(IReadOnlyList<string> environment)
    {
        List<string> rest = [.. environment];
        rest.RemoveAll(entry => entry.StartsWith(Variable + "=", StringComparison.Ordinal));
        return rest;
    }

    /// <summary>Becomes the second start; returns only with an error.</summary>
    internal static UserException Enter(Invocation invocation)
    {
        Installation installation = Site.Installation;
        SiteConfiguration configuration = Site.Configuration(invocation, installation);
        var host = new Host(invocation.Environment);
        string[] arguments = CommandLine.Exact(Environment.GetCommandLineArgs()[1..]);
        List<string> command = [installation.BinDir + "/kerr", .. arguments];
        List<string> environment = Without(invocation.Environment);
        environment.Add("");        // replaced below, when it is known
        LaunchPlan plan = FakerootPlan.Plan(
            Console(invocation) with { IgnoreSubuid = invocation.Values.Flag(BuildOptions.IgnoreSubuid), NoSetgroups = invocation.Values.Flag(BuildOptions.NoSetgroups) }, configuration, installation, host,
            command, environment, out BuildIdentity identity, out string decision);
        environment[^1] = $"{Variable}={identity switch { BuildIdentity.Root => "root", BuildIdentity.Range => "range", _ => "single" }}";
        Log.Info(decision);
        return new Launcher(configuration, installation, Program.StartedAt).Start(plan, NativeProcess.RestoreSignals);
    }

    /// <summary>The console's options, which launches of a build take over.</summary>
    internal static LaunchRequest Console(Invocation invocation) => new()
    {
        Action = LaunchAction.Exec,
        Image = "/",
        Program = invocation.Program.Name,
        LogLevel = (int)Log.Level,
        Colour = Log.Color,
        Nv = invocation.Values.Flag(BuildOptions.Nv),
        NvidiaContainerCli = invocation.Values.Flag(BuildOptions.NvCcli),
        Rocm = invocation.Values.Flag(BuildOptions.Rocm),
        Compat32 = invocation.Values.Flag(BuildOptions.Compat32),
    };
}

namespace Kerr.Cli.Options.Actions;

/// <summary>What is run, in what environment, and what is reported about it.</summary>
internal static class PayloadOptions
{
    internal static readonly Option CleanEnv = new("cleanenv", 'e', OptionKind.Flag, OptionScope.Actions,
        "start with an empty environment instead of the host's")
    { Keys = ["CLEANENV"] };

    internal static readonly Option Env = new("env", '\0', OptionKind.Map, OptionScope.Actions,
        "set environment variables inside");

    internal static readonly Option EnvFile = new("env-file", '\0', OptionKind.List, OptionScope.Actions,
        "set the variables that this file assigns, in shell syntax")
    { ValueName = "FILE", Keys = ["ENV_FILE"] };

    internal static readonly Option NoEnv = new("no-env", '\0', OptionKind.List, OptionScope.Actions,
        "host variables that stay outside")
    { ValueName = "NAME", Keys = ["NOENV"] };

    internal static readonly Option App = new("app", '\0', OptionKind.Text, OptionScope.Actions,
        "run this app (SCIF) of the image")
    { ValueName = "NAME", Keys = ["APP", "APPNAME"] };

    internal static readonly Option Shell = new("shell", 's', OptionKind.Text, OptionScope.Shell,
        "the shell to start")
    { ValueName = "PATH", Keys = ["SHELL"] };

    internal static readonly Option RunscriptTimeout = new("runscript-timeout", '\0', OptionKind.Text,
        OptionScope.Run | OptionScope.InstanceRun,
        "how long the image's environment scripts may take, such as 90s or 2m")
    { ValueName = "DURATION", Keys = ["RUNSCRIPT_TIMEOUT"] };

    internal static readonly Option DmtcpLaunch = new("dmtcp-launch", '\0', OptionKind.Text, OptionScope.Instances,
        "start under DMTCP, with this checkpoint")
    { ValueName = "NAME", Keys = ["DMTCP_LAUNCH"] };

    internal static readonly Option DmtcpRestart = new("dmtcp-restart", '\0', OptionKind.Text, OptionScope.Instances,
        "restart from this DMTCP checkpoint")
    { ValueName = "NAME", Keys = ["DMTCP_RESTART"] };

    internal static readonly Option PidFile = new("pid-file", '\0', OptionKind.Text, OptionScope.Instances,
        "write the instance's process id to this file")
    { ValueName = "FILE", Keys = ["PID_FILE"] };

    internal static readonly Option Timings = new("timings", '\0', OptionKind.Flag, OptionScope.Processes,
        "tell on standard error where the time until the start went")
    { Keys = ["TIMINGS"] };

    internal static readonly Option[] All =
    [
        CleanEnv, Env, EnvFile, NoEnv, App, Shell, RunscriptTimeout, DmtcpLaunch, DmtcpRestart, PidFile, Timings,
    ];
}

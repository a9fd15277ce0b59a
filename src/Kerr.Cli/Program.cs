using System;
using System.Diagnostics;
using System.IO;
using Kerr.Cli.Commands;
using Kerr.Cli.Console;
using Kerr.Cli.Help;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;

namespace Kerr.Cli;

/// <summary>The entry point: reads the command line, runs the command, and alone prints errors.</summary>
internal static class Program
{
    /// <summary>
    /// Exit codes: 1 for a command line that is wrong, 255 for a failure of ours unless the command says otherwise, 141 as
    /// after SIGPIPE.
    /// </summary>
    private const int WrongUsage = 1, Failure = 255, BrokenPipe = 141;

    /// <summary>When the command began, by <see cref="Stopwatch"/>: <c>--timings</c> counts from here.</summary>
    internal static long StartedAt { get; private set; }

    private static int Main(string[] decoded)
    {
        NativeProcess.MainBegan();
        StartedAt = Stopwatch.GetTimestamp();
        string called = Environment.GetCommandLineArgs() is [string first, ..] ? first : "kerr";
        ProgramName program = ProgramName.Of(called);
        int failure = Failure;

        try
        {
            string[] arguments = CommandLine.Exact(decoded);

            if (called.EndsWith(ProgramName.ImageRunner, StringComparison.Ordinal))
            {
                arguments = ["--quiet", "run", .. arguments];
            }

            Invocation invocation = CommandLineParser.Parse(arguments, program, EnvironmentBlock.Read());
            failure = invocation.Command.FailureCode;
            return Run(invocation);
        }
        catch (UsageException error)
        {
            Log.Raw(HelpText.OfUsageError(program, error));
            return WrongUsage;
        }
        catch (UserException error)
        {
            Log.Fatal(error.Message, error.Remedy);
        }
        catch (LinuxException error) when (error.Errno == Errno.EPIPE && error.Subject == StandardStream.OutputName)
        {
            // `kerr help | head`: whoever reads has seen enough.
            return BrokenPipe;
        }
        catch (Exception error) when (error is LinuxException or InvalidDataException)
        {
            Log.Fatal(error.Message);
        }
        catch (Exception error)
        {
            Log.Fatal(
                $"internal error: {error.GetType().Name}: {error.Message}",
                "please report it, with this command line and what it prints under --debug");
            Log.Debug(error.ToString());
        }

        return failure;
    }

    private static int Run(Invocation invocation)
    {
        Log.Configure(
            Verbosity.Of(invocation.Values, invocation.Environment, out string? problem),
            color: !invocation.Values.Flag(GlobalOptions.NoColor));

        if (problem is not null)
        {
            Log.Warning(problem);
        }

        foreach (Note note in invocation.Notes)
        {
            Log.Write(note);
        }

        ProgramName program = invocation.Program;

        if (invocation.Values.Flag(GlobalOptions.Version) && invocation.Path.Length == 0)
        {
            return Print(program.VersionLine + "\n", 0);
        }

        if (invocation.HelpWanted)
        {
            return Print(HelpText.Of(program, invocation.Path, invocation.Command), 0);
        }

        if (invocation.Command.Run is null)
        {
            // A group without a command: there is nothing to do, which is not success.
            return Print(HelpText.Usage(program, invocation.Path, invocation.Command)
                + $"\nRun '{program.Name} --help' for more detailed usage information.\n", WrongUsage);
        }

        if (Log.Shows(LogLevel.Debug))
        {
            Log.Debug($"{program.VersionLine}, command: {invocation.Path}");
        }

        return invocation.Command.Run(invocation);
    }

    private static int Print(string text, int exitCode)
    {
        StandardStream.Write(StandardStream.Output, text);
        return exitCode;
    }
}

using System.Globalization;
using System.IO;
using System.Threading;
using Kerr.Build.Assembly;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Processes;
using Kerr.Runtime.Trace;

namespace Kerr.Cli.Commands.Trace;

/// <summary><c>trace collect</c>: takes records from where they were sent and keeps them.</summary>
internal static class TraceCollectCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Keep the records of launches on this host",
        Synopsis = "[options]",
        Description = "Without options it takes what the journal has got since it was run last, and ends: for cron or a timer. With --follow it stays. Each record is kept "
            + "with what the journal, or the kernel, knows of its sender, and with a digest of the one before it.",
        Examples = "kerr trace collect\nkerr trace collect --follow\nkerr trace collect --listen /run/kerr/audit.socket\nkerr trace collect --file /var/log/auth.log",
        Arity = Arity.Exactly(0),
        Options = static () => TraceOptions.Collect,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        OptionValues values = invocation.Values;
        if (values.IsSet(TraceOptions.File) && values.IsSet(TraceOptions.Listen))
        {
            throw new UserException("--file and --listen do not go together", "run one collector for each, with a --store of its own");
        }

        string place = values.Text(TraceOptions.Store);
        using TraceStore store = TraceStore.Open(
            place, (long)values.Number(TraceOptions.SegmentSize) << 20, values.Number(TraceOptions.Keep),
            () => Log.Warning($"another collector has the store {place}: this one waits until that ends; for two sources at once give each a --store of its own"));
        using var ended = new CancellationTokenSource();
        using var signals = new InterruptSignals(ended);
        var collector = new TraceCollector(store, ended.Token);
        bool follow = values.Flag(TraceOptions.Follow);
        if (values.IsSet(TraceOptions.Listen))
        {
            collector.Listen(values.Text(TraceOptions.Listen), ModeOf(values.Text(TraceOptions.Mode)));
        }
        else if (values.IsSet(TraceOptions.File))
        {
            collector.ReadFile(values.Text(TraceOptions.File), follow);
        }
        else
        {
            string program = ChildProcess.Find("journalctl", null)
                ?? throw new UserException("this host has no journalctl", "take the records from a file (--file) or a socket (--listen)");
            collector.ReadJournal(program, follow);
            if (collector.Taken == 0 && !Directory.Exists("/run/log/journal") && !Directory.Exists("/var/log/journal"))
            {
                Log.Warning("this host keeps no journal: take the records from a file (--file) or a socket (--listen)");
            }
        }

        Log.Verbose(string.Create(CultureInfo.InvariantCulture, $"{collector.Taken} records kept, the last is {store.Head.Last}"));
        return 0;
    }

    private static uint ModeOf(string text)
    {
        uint mode = 0;
        foreach (char c in text)
        {
            mode = c is >= '0' and <= '7' && mode < 0x40 ? (mode << 3) | (uint)(c - '0') : throw new UserException($"--mode: {text} is no mode", "0600, 0660 or 0666");
        }

        return mode;
    }
}

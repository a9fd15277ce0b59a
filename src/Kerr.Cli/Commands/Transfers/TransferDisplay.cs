using System;
using System.Diagnostics;
using System.Globalization;
using Kerr.Cli.Console;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;

namespace Kerr.Cli.Commands.Transfers;

/// <summary>Shows on a terminal how much of a download has come, and how fast; elsewhere nothing.</summary>
internal sealed class TransferDisplay : IDisposable
{
    private const double Interval = 0.2;   // seconds
    private readonly object _lock = new();
    private readonly bool _shown = Log.Shows(LogLevel.Info) && CurrentProcess.IsTerminal(StandardStream.Error);
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private double _last;
    private long _total;
    private long _done;
    private bool _drawn;

    internal void Start(long bytes)
    {
        _total = bytes;
        if (bytes > 0)
        {
            Log.Verbose($"fetching {bytes} bytes");
        }
    }

    internal void Add(long bytes)
    {
        lock (_lock)
        {
            _done += bytes;
            if (_shown && _time.Elapsed.TotalSeconds - _last >= Interval)
            {
                _last = _time.Elapsed.TotalSeconds;
                Draw();
            }
        }
    }

    public void Dispose()
    {
        if (_drawn)
        {
            Log.Raw("\r\x1b[K");
        }
    }

    private void Draw()
    {
        const double MiB = 1 << 20;
        string of = _total > 0 ? string.Create(CultureInfo.InvariantCulture, $" of {_total / MiB:0.0}") : "";
        Log.Raw(string.Create(CultureInfo.InvariantCulture, $"\r\x1b[K{_done / MiB:0.0}{of} MiB, {_done / MiB / _time.Elapsed.TotalSeconds:0.0} MiB/s"));
        _drawn = true;
    }
}

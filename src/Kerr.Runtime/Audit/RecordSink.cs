using System;
using System.Text;
using Kerr.Linux;

namespace Kerr.Runtime.Audit;

/// <summary>Where records go: one datagram each, which is taken at once or lost. journald's own protocol, or the line of syslog.</summary>
public sealed class RecordSink : IDisposable
{
    public const string Automatic = "auto", Journald = "journald", Syslog = "syslog";

    /// <summary>What records are found by in the log.</summary>
    public const string Identifier = "kerr-audit";

    private const string JournalSocket = "/run/systemd/journal/socket", SyslogSocket = "/dev/log";

    // authpriv.info: facility 10, priority 6.
    private const string JournalHead = $"SYSLOG_IDENTIFIER={Identifier}\nSYSLOG_FACILITY=10\nPRIORITY=6\nMESSAGE=", SyslogHead = $"<86>{Identifier}: ";

    private readonly DatagramSocket _socket;
    private readonly string _head;
    private readonly bool _otherwiseSyslog;

    private RecordSink(DatagramSocket socket, string head, bool otherwiseSyslog)
    {
        _socket = socket;
        _head = head;
        _otherwiseSyslog = otherwiseSyslog;
    }

    // Milliseconds, for each of two sinks: together less than the 50 that a full one may cost.
    private const int Patience = 20;

    public int Descriptor => _socket.Descriptor;

    /// <summary>Whether a value of `audit sink` is one.</summary>
    public static bool IsKnown(string setting) => setting is Automatic or Journald or Syslog || setting.StartsWith('/');

    /// <summary>Connects to what `audit sink` says; null when nobody listens there.</summary>
    public static RecordSink? Open(string setting)
    {
        if (setting is Automatic or Journald && DatagramSocket.Connect(JournalSocket) is { } journal)
        {
            return new RecordSink(journal, JournalHead, otherwiseSyslog: setting == Automatic);
        }

        string? path = setting is Automatic or Syslog ? SyslogSocket : setting.StartsWith('/') ? setting : null;
        return path is not null && DatagramSocket.Connect(path) is { } socket ? new RecordSink(socket, SyslogHead, otherwiseSyslog: false) : null;
    }

    /// <summary>Sends a record; false when it was not taken, for which a launch waits a moment: many at once, and a reader of few, is usual.</summary>
    public bool Send(string record)
    {
        if (_socket.Send(Encoding.Latin1.GetBytes($"{_head}{record}\n"), Patience) == Errno.None)
        {
            return true;
        }

        using DatagramSocket? other = _otherwiseSyslog ? DatagramSocket.Connect(SyslogSocket) : null;
        return other?.Send(Encoding.Latin1.GetBytes($"{SyslogHead}{record}\n"), Patience) == Errno.None;
    }

    /// <summary>A record that another will complete and send to <see cref="Descriptor"/>.</summary>
    public string Framed(string record) => _head + record;

    public void Dispose() => _socket.Dispose();
}

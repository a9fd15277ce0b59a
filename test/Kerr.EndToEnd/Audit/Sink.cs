using System;
using System.Collections.Generic;
using System.Text.Json;
using Kerr.EndToEnd.Configuration;
using Kerr.EndToEnd.Harness;
using Kerr.Linux;
using Kerr.Runtime.Trace;

namespace Kerr.EndToEnd.Audit;

/// <summary>A socket of this test that records are sent to, in the place of the host's log.</summary>
internal sealed class Sink : IDisposable
{
    private readonly DatagramSocket _socket;

    public Sink()
    {
        Path = $"{Host.Directory()}/log";
        _socket = DatagramSocket.Listen(Path, 0x1B6, 1 << 20);
        Configuration = ConfigurationFile.With($"audit sink = {Path}");
    }

    public string Path { get; }

    /// <summary>A configuration that sends records here.</summary>
    public string Configuration { get; }

    /// <summary>A caller's launch with that configuration.</summary>
    public Result Run(Caller caller, params string[] arguments) => caller.Run(["-c", Configuration, .. arguments]);

    /// <summary>All that came, and nothing comes for a moment.</summary>
    public List<(string Datagram, DatagramSender Sender)> Received()
    {
        var received = new List<(string, DatagramSender)>();
        var buffer = new byte[1 << 18];
        for (int length; (length = _socket.Receive(buffer, received.Count == 0 ? 5000 : 100, out DatagramSender sender)) >= 0;)
        {
            received.Add((System.Text.Encoding.Latin1.GetString(buffer, 0, length), sender));
        }

        return received;
    }

    /// <summary>The records that came.</summary>
    public List<JsonElement> Records()
    {
        var records = new List<JsonElement>();
        foreach ((string datagram, _) in Received())
        {
            records.Add(JsonDocument.Parse(SocketEntry.RecordIn(System.Text.Encoding.Latin1.GetBytes(datagram))!).RootElement);
        }

        return records;
    }

    public void Dispose()
    {
        _socket.Dispose();
        System.IO.File.Delete(Path);
    }
}

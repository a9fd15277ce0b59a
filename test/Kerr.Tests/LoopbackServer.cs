using System;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace Kerr.Tests;

/// <summary>A server on a free port of 127.0.0.1, with a thread for each client.</summary>
internal abstract class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    internal string Host => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)}";

    public void Dispose() => _listener.Stop();

    /// <summary>Takes clients from now on: the last act of a constructor.</summary>
    protected void Start()
    {
        _listener.Start();
        new Thread(Serve) { IsBackground = true }.Start();
    }

    /// <summary>Speaks with one client, which is closed behind it. It may be gone at any time.</summary>
    protected abstract void Speak(TcpClient client);

    private void Serve()
    {
        try
        {
            while (true)
            {
                TcpClient client = _listener.AcceptTcpClient();
                new Thread(() => SpeakWith(client)) { IsBackground = true }.Start();
            }
        }
        catch (Exception end) when (end is SocketException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private void SpeakWith(TcpClient client)
    {
        using (client)
        {
            try
            {
                Speak(client);
            }
            catch (Exception end) when (end is IOException or SocketException)
            {
                // The client has had enough.
            }
        }
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;

namespace Kerr.EndToEnd.Registry;

/// <summary>An http proxy on loopback that brings every request to one server, whatever host it names.</summary>
internal sealed class ForwardingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string[] _server;

    internal ForwardingProxy(string server)
    {
        _server = server.Split(':');
        _listener.Start();
        new Thread(Serve) { IsBackground = true }.Start();
    }

    internal string Host => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The first lines of requests, as they came.</summary>
    internal List<string> Asked { get; } = [];

    public void Dispose() => _listener.Stop();

    private void Serve()
    {
        try
        {
            while (true)
            {
                TcpClient client = _listener.AcceptTcpClient();
                new Thread(() => Forward(client)) { IsBackground = true }.Start();
            }
        }
        catch (Exception end) when (end is SocketException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private void Forward(TcpClient client)
    {
        try
        {
            using (client)
            using (var reader = new StreamReader(client.GetStream(), Encoding.ASCII, leaveOpen: true))
            using (var server = new TcpClient(_server[0], int.Parse(_server[1], CultureInfo.InvariantCulture)))
            {
                string first = reader.ReadLine() ?? "";
                lock (Asked)
                {
                    Asked.Add(first);
                }

                // GET http://host/path HTTP/1.1 → GET /path HTTP/1.1; one request per connection.
                string[] words = first.Split(' ');
                var request = new StringBuilder($"{words[0]} {new Uri(words[1]).PathAndQuery} HTTP/1.1\r\nConnection: close\r\n");
                while (reader.ReadLine() is { Length: > 0 } header)
                {
                    request.Append(header).Append("\r\n");
                }

                NetworkStream stream = server.GetStream();
                stream.Write(Encoding.ASCII.GetBytes(request.Append("\r\n").ToString()));
                stream.CopyTo(client.GetStream());
            }
        }
        catch (Exception end) when (end is IOException or SocketException or UriFormatException)
        {
            // Either side is gone, or it was no request for a proxy.
        }
    }
}

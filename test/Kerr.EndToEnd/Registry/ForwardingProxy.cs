using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net.Sockets;
using System.Text;
using Kerr.Tests;

namespace Kerr.EndToEnd.Registry;

/// <summary>An http proxy on loopback that brings every request to one server, whatever host it names.</summary>
internal sealed class ForwardingProxy : LoopbackServer
{
    private readonly string[] _server;

    internal ForwardingProxy(string server)
    {
        _server = server.Split(':');
        Start();
    }

    /// <summary>The first lines of requests, as they came.</summary>
    internal List<string> Asked { get; } = [];

    protected override void Speak(TcpClient client)
    {
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII, leaveOpen: true);
        using var server = new TcpClient(_server[0], int.Parse(_server[1], CultureInfo.InvariantCulture));
        string first = reader.ReadLine() ?? "";
        lock (Asked)
        {
            Asked.Add(first);
        }

        // GET http://host/path HTTP/1.1 → GET /path HTTP/1.1; one request per connection.
        string[] words = first.Split(' ');
        if (words.Length < 2 || !Uri.TryCreate(words[1], UriKind.Absolute, out Uri? address))
        {
            return;     // no request for a proxy
        }

        var request = new StringBuilder($"{words[0]} {address.PathAndQuery} HTTP/1.1\r\nConnection: close\r\n");
        while (reader.ReadLine() is { Length: > 0 } header)
        {
            request.Append(header).Append("\r\n");
        }

        NetworkStream stream = server.GetStream();
        stream.Write(Encoding.ASCII.GetBytes(request.Append("\r\n").ToString()));
        stream.CopyTo(client.GetStream());
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Threading;

namespace Kerr.Tests.Registry.Distribution;

/// <summary>What a server was asked: first line and headers, names in lower case.</summary>
internal sealed record Asked(string Method, string Path, IReadOnlyDictionary<string, string> Headers)
{
    internal string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>What it answers. With <see cref="CutAt"/> the connection is reset after that many bytes of the body.</summary>
internal sealed record Answer(int Status, byte[] Body, params string[] Headers)
{
    internal int CutAt { get; init; } = -1;

    /// <summary>What Content-Length says, when that is not the truth.</summary>
    internal long? Length { get; init; }
}

/// <summary>A web server on this machine that does everything wrong that a test asks for.</summary>
internal sealed class FaultyServer : LoopbackServer
{
    private readonly Func<Asked, Answer> _answer;

    internal FaultyServer(Func<Asked, Answer> answer)
    {
        _answer = answer;
        Start();
    }

    internal List<Asked> Requests { get; } = [];

    internal static Answer Ok(byte[] body, params string[] headers) => new(200, body, headers);

    internal static Answer Text(int status, string text, params string[] headers) => new(status, Encoding.UTF8.GetBytes(text), headers);

    protected override void Speak(TcpClient client)
    {
        using NetworkStream stream = client.GetStream();
        if (Read(stream) is not { } asked)
        {
            return;
        }

        lock (Requests)
        {
            Requests.Add(asked);
        }

        Answer answer = _answer(asked);
        long length = answer.Length ?? answer.Body.Length;
        string head = $"HTTP/1.1 {answer.Status} x\r\nContent-Length: {length}\r\nConnection: close\r\n{string.Concat(Array.ConvertAll(answer.Headers, static h => h + "\r\n"))}\r\n";
        stream.Write(Encoding.Latin1.GetBytes(head));
        if (asked.Method != "HEAD")
        {
            stream.Write(answer.CutAt < 0 ? answer.Body : answer.Body.AsSpan(0, answer.CutAt));
        }

        if (answer.CutAt >= 0)
        {
            stream.Flush();
            Thread.Sleep(30);
            client.Client.LingerState = new LingerOption(true, 0);
        }
    }

    private static Asked? Read(NetworkStream stream)
    {
        var text = new StringBuilder();
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            int c = stream.ReadByte();
            if (c < 0 || c == 0x16)
            {
                return null;    // gone, or speaking TLS
            }

            text.Append((char)c);
        }

        string[] lines = text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in lines[1..])
        {
            int colon = line.IndexOf(':');
            headers[line[..colon].ToLowerInvariant()] = line[(colon + 1)..].Trim();
        }

        int length = headers.TryGetValue("content-length", out string? value) ? int.Parse(value, CultureInfo.InvariantCulture) : 0;
        var body = new byte[length];
        stream.ReadExactly(body);
        string[] first = lines[0].Split(' ');
        return new Asked(first[0], first[1], headers);
    }
}

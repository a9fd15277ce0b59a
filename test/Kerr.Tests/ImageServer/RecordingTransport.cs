using System;
using System.Collections.Generic;
using System.Threading;
using Kerr.ImageServer.Fuse;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Tests.ImageServer;

/// <summary>A kernel made up: hands out the requests that a test queued, and keeps what is sent back.</summary>
internal sealed unsafe class RecordingTransport : IFuseTransport
{
    private readonly Queue<byte[]> _requests = [];
    private readonly Lock _lock = new();

    /// <summary>Messages sent, replies and notices; none while <see cref="IsRecording"/> is off.</summary>
    internal List<byte[]> Sent { get; } = [];

    internal bool IsRecording { get; set; } = true;

    internal int SentCount { get; private set; }

    internal void Queue(byte[] request) => _requests.Enqueue(request);

    /// <summary>What ends the session when no request is left.</summary>
    internal Errno End { get; init; } = Errno.ENODEV;

    public bool Linger() => false;

    public int Receive(Span<byte> buffer)
    {
        lock (_lock)
        {
            if (!_requests.TryDequeue(out byte[]? request))
            {
                return -(int)End;
            }

            request.CopyTo(buffer);
            return request.Length;
        }
    }

    public int Send(ReadOnlySpan<IoVector> message)
    {
        int length = 0;
        foreach (IoVector part in message)
        {
            length += (int)part.Length;
        }

        lock (_lock)
        {
            SentCount++;
            if (IsRecording)
            {
                var bytes = new byte[length];
                int at = 0;
                foreach (IoVector part in message)
                {
                    new ReadOnlySpan<byte>(part.Start, (int)part.Length).CopyTo(bytes.AsSpan(at));
                    at += (int)part.Length;
                }

                Sent.Add(bytes);
            }
        }

        return length;
    }
}

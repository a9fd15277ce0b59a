using System;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Threading;

namespace Kerr.Linux.Processes;

/// <summary>The right to do a piece of work that one process of a user does on a node while the others wait for it.</summary>
/// <remarks>
/// It is the name of a local socket that is no file (an abstract one): exactly one process can have it, it ends with that process however that ends, and
/// those who wait hear so from the kernel. Nothing of it is on a file system, so it holds where locks of files do nothing (Lustre without `flock`,
/// some NFS). Processes in different network namespaces do not see each other's.
/// </remarks>
public sealed class NodeLease : IDisposable
{
    private const int SolSocket = 1, PeerCredentials = 17;      // of getsockopt: struct ucred, pid uid gid
    private readonly Socket? _socket;

    private NodeLease(Socket? socket) => _socket = socket;

    /// <summary>Takes the lease; or waits until the process that has it is through, and answers null: then look whether the work is done.</summary>
    /// <param name="work">What the work is, the same for all who want it done.</param>
    /// <param name="waiting">Told when somebody else has it.</param>
    /// <exception cref="OperationCanceledException"/>
    public static NodeLease? TakeOrWait(string work, CancellationToken cancel, Action? waiting = null)
    {
        var name = new UnixDomainSocketEndPoint(Name(work));
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(name);
            socket.Listen(4096);
            return new NodeLease(socket);
        }
        catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
        }
        catch (SocketException)
        {
            // No local sockets here: then what it guards must be right without it.
            socket.Dispose();
            return new NodeLease(null);
        }

        return Wait(name, waiting, cancel) ? null : new NodeLease(null);
    }

    public void Dispose() => _socket?.Dispose();

    /// <summary>Waits for the end of who has the name; false when that is another user, for whom nobody waits.</summary>
    private static bool Wait(UnixDomainSocketEndPoint name, Action? waiting, CancellationToken cancel)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(name);
            Span<int> peer = stackalloc int[3];
            if (socket.GetRawSocketOption(SolSocket, PeerCredentials, MemoryMarshal.AsBytes(peer)) != 12 || (uint)peer[1] != CurrentProcess.EffectiveUserId)
            {
                return false;
            }

            waiting?.Invoke();
            while (!socket.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectRead))
            {
                cancel.ThrowIfCancellationRequested();
            }
        }
        catch (SocketException)
        {
            // It has gone in this moment, or does not listen yet.
            cancel.ThrowIfCancellationRequested();
            Thread.Sleep(2);
        }

        return true;
    }

    private static string Name(string work)
        => string.Create(CultureInfo.InvariantCulture, $"\0kerr-work-{CurrentProcess.EffectiveUserId}-{Convert.ToHexStringLower(SHA256.HashData(ByteText.ToNative(work)).AsSpan(0, 16))}");
}

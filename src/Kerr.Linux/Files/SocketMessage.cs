using System.Runtime.InteropServices;

namespace Kerr.Linux.Files;

/// <summary>A message that is received with one control message behind it, <c>recvmsg(2)</c>: struct msghdr.</summary>
internal unsafe partial struct SocketMessage
{
    internal const int SOL_SOCKET = 1;

    private void* _name;
    private int _nameLength;
    private IoVector* _vectors;
    private nint _vectorCount;
    private void* _control;
    private nint _controlLength;
    private int _flags;

    /// <summary>How many bytes of control messages came.</summary>
    internal readonly nint ControlLength => _controlLength;

    /// <param name="control">A struct cmsghdr, and behind it what the message brings.</param>
    internal static SocketMessage Of(IoVector* data, void* control, int controlSize)
        => new() { _name = null, _nameLength = 0, _vectors = data, _vectorCount = 1, _control = control, _controlLength = controlSize, _flags = 0 };

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int socket, SocketMessage* message, int flags);

    /// <summary>One recvmsg(2), repeated only when a signal interrupts it; −1 for an error.</summary>
    internal nint Receive(int socket, int flags)
    {
        fixed (SocketMessage* message = &this)
        {
            while (true)
            {
                nint count = recvmsg(socket, message, flags);
                if (count >= 0 || FileCalls.LastErrno() != Errno.EINTR)
                {
                    return count;
                }
            }
        }
    }
}

using System;
using System.Threading;

namespace Kerr.ImageServer.Serving;

/// <summary>Threads that the server can do without.</summary>
internal static class ServerThread
{
    private const int StackSize = 256 << 10;

    /// <summary>Starts one; false where a limit on processes or memory keeps it from being made.</summary>
    internal static bool TryStart(Action work)
    {
        try
        {
            new Thread(() => work(), StackSize) { IsBackground = true }.Start();
            return true;
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
    }
}

using System.Runtime.InteropServices;
using Kerr.Linux;

namespace Kerr.Cli;

/// <summary>What is done outside the runtime, before it starts and when it cannot; see process.c.</summary>
internal static partial class NativeProcess
{
    /// <summary>Tells it that errors from now on are told by <see cref="Program"/>.</summary>
    [LibraryImport("kerr-process", EntryPoint = "kerr_main_began")]
    internal static partial void MainBegan();

    /// <summary>Gives the caller's dispositions and mask of signals back, just before this process becomes another program.</summary>
    /// <exception cref="LinuxException">They cannot be set.</exception>
    internal static void RestoreSignals()
    {
        if (kerr_signals_restore() < 0)
        {
            throw LinuxException.Last("sigaction");
        }
    }

    [LibraryImport("kerr-process", SetLastError = true)]
    private static partial int kerr_signals_restore();
}

using System.Runtime;
using System.Runtime.CompilerServices;

[module: SkipLocalsInit]

namespace Kerr.Starter;

/// <summary>
/// The keeper: `kerr-keeper PLAN SOCKET END`, descriptors of the first launch's plan, of a socket that has the name, and of the
/// connection to that launch. It hands out what launches share (<see cref="Sharing"/>) and ends with the last of them.
/// <code>
///   launches ◀──▶ keeper, in the host's namespaces ◀──▶ holder, in the shared user namespace
///                   └ image servers                       └ the mounts
/// </code>
/// It stands outside so that no payload can look into it, starts the servers, and knows by their pidfds when launches end.
/// </summary>
internal static unsafe class Program
{
    /// <summary>For code that the starter has, too: the keeper executes itself never again.</summary>
    internal static int Own = -1;

    [RuntimeExport("main")]
    private static int Main(int argc, byte** arguments, byte** environment)
    {
        if (argc != 4)
        {
            Report.Fatal("kerr-keeper is started by kerr, not by hand"u8, 0, "kerr exec IMAGE COMMAND"u8);
        }

        int plan = (int)Text.ParseNumber(arguments[1]);
        int socket = (int)Text.ParseNumber(arguments[2]);
        int first = (int)Text.ParseNumber(arguments[3]);
        bool ready = plan > 2 && socket > 2 && first > 2 && Sys.Call(Nr.Listen, socket, 4096) == 0 && Settle(plan, socket, first);
        if (ready)
        {
            Plan.Open(plan);
            ready = SharedImages.RememberHome() && Holder.Start() >= 0;
            Sys.Close(plan);
        }

        if (ready)
        {
            Keeper.Serve(socket, first);
        }

        Sys.Exit(ready ? 0 : 255);
        return 255;
    }

    /// <summary>Takes off what the first launch was given for itself: limits, processors, descriptors that close at exec.</summary>
    private static bool Settle(int plan, int socket, int first)
    {
        const int OpenFiles = 7, MaskSize = 128;
        Sys.Prctl(K.PrSetName, (nint)"kerr-keeper"u8.Start);
        ulong* limits = stackalloc ulong[2];
        if (Sys.Call(Nr.Prlimit64, 0, OpenFiles, 0, (nint)limits) == 0)
        {
            limits[0] = limits[1];
            Sys.Call(Nr.Prlimit64, 0, OpenFiles, (nint)limits, 0);
        }

        // A rank is bound to its processors; the server of all ranks must not be.
        byte* processors = stackalloc byte[MaskSize];
        for (int i = 0; i < MaskSize; i++)
        {
            processors[i] = 0xFF;
        }

        Sys.Call(Nr.SchedSetaffinity, 0, MaskSize, (nint)processors);
        return Sys.Fcntl(plan, K.SetDescriptorFlags, 1) == 0 && Sys.Fcntl(socket, K.SetDescriptorFlags, 1) == 0
            && Sys.Fcntl(first, K.SetDescriptorFlags, 1) == 0;
    }
}

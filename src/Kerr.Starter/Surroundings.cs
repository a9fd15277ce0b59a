using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>Small things that a payload finds around it: host name, loopback interface, working directory, file mode mask.</summary>
internal static unsafe class Surroundings
{
    /// <summary>The caller's mask, until a step sets another: while the starter works it is 0, so that modes are exact.</summary>
    internal static int Mask;

    internal static int SetHostName(byte* step)
    {
        Audit.Tell(step);
        byte* name = Plan.String(step, Step.Source);
        if (Half.Asks)
        {
            return Asking.Ask(Request.HostName, 0, 0, 0, -1, -1, -1, out _, name);
        }

        return (int)Sys.Call(Nr.Sethostname, (nint)name, Text.Length(name));
    }

    internal static int RaiseLoopback(byte* step)
    {
        Audit.Tell(step);
        if (Half.Asks)
        {
            return Asking.Ask(Request.Loopback);
        }

        byte* request = stackalloc byte[40]; // struct ifreq: name@0, flags@16
        for (int i = 0; i < 40; i++)
        {
            request[i] = 0;
        }

        request[0] = (byte)'l';
        request[1] = (byte)'o';
        int socket = (int)Sys.Call(Nr.Socket, 2, 2 | O.CloseOnExec);
        int error = socket < 0 ? socket : Sys.Ioctl(socket, K.GetInterfaceFlags, request);
        request[16] |= 1;
        error = error < 0 ? error : Sys.Ioctl(socket, K.SetInterfaceFlags, request);
        Sys.Close(socket);
        return error;
    }

    internal static int SetMask(byte* step)
    {
        Audit.Tell(step);
        Mask = (int)Plan.U64(step, Step.Number) & 0x1FF;
        return 0;
    }

    /// <summary>
    /// Takes the first directory that works, and answers what was wrong with the very first. One that has no path from the
    /// root (by /proc/self/fd/N or the like) is outside, and refused (CVE-2024-21626).
    /// </summary>
    internal static int SetDirectory(byte* step)
    {
        Audit.Tell(step);
        byte* wanted = Plan.Reference(step, Step.Data);
        int first = Plan.Count(wanted) == 0 ? -E.NOENT : Enter(Plan.Item(wanted, 0));
        int error = first;
        for (uint i = 1; error < 0 && !Plan.Has(step, 1) && i < Plan.Count(wanted); i++)
        {
            error = Enter(Plan.Item(wanted, i));
        }

        if (error < 0)
        {
            Sys.Call(Nr.Chdir, (nint)"/"u8.Start);
        }

        // Told even where another one works: the payload starts in a place that was not expected.
        return first;
    }

    /// <summary>The working directory's path, or null when it has none from the root.</summary>
    internal static byte* Directory()
    {
        byte* path = Arena.Take(8192);
        int length = (int)Sys.Call(Nr.Getcwd, (nint)path, 8192);
        return length > 0 && *path == '/' ? path : null;
    }

    private static int Enter(byte* path)
    {
        int error = (int)Sys.Call(Nr.Chdir, (nint)path);
        if (error == 0 && Directory() == null)
        {
            error = -E.ACCES;
        }

        return error;
    }
}

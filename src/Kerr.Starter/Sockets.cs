namespace Kerr.Starter;

/// <summary>Messages over local sockets, descriptors or credentials with them. Receiving gives descriptors that close at exec.</summary>
internal static unsafe class Sockets
{
    internal const int MostDescriptors = 4, Rights = 1, Credentials = 2;
    private const int HeaderSize = 16, NoSignal = 0x4000, CloseOnExec = 0x40000000, MostWaits = 10_000;

    /// <summary>Two connected ends; each message is one packet.</summary>
    internal static int Pair(int* ends) => (int)Sys.Call(Nr.Socketpair, 1, 5 | O.CloseOnExec, 0, (nint)ends);

    /// <summary>
    /// Sends one packet, with it up to four descriptors or a struct ucred; packets between us are small and few, so there is room. A user's descriptors on their way
    /// are limited (RLIMIT_NOFILE), those of all launches together: where there are too many it waits until others have taken theirs.
    /// </summary>
    internal static int Send(int end, void* bytes, nint length, int* words, int count, int kind = Rights)
    {
        Control control = new() { Length = HeaderSize + (4 * count), Level = K.SolSocket, Kind = kind };
        for (int i = 0; i < count; i++)
        {
            control.Words[i] = words[i];
        }

        nint size = count == 0 ? 0 : HeaderSize + ((count + 1) / 2 * 8);
        long* wait = stackalloc long[] { 0, 1_000_000 }; // struct timespec: a millisecond
        int sent = Call(Nr.Sendmsg, end, bytes, length, &control, ref size, NoSignal);
        for (int i = 0; i < MostWaits && sent == -E.TOOMANYREFS; i++)
        {
            Sys.Call(Nr.Ppoll, 0, 0, (nint)wait);
            sent = Call(Nr.Sendmsg, end, bytes, length, &control, ref size, NoSignal);
        }

        return sent;
    }

    /// <summary>Receives one packet and answers its length, 0 at the end. Descriptors that did not come are −1.</summary>
    internal static int Receive(int end, void* bytes, nint length, int* descriptors, int flags = 0)
    {
        Control control = default;
        nint size = sizeof(Control);
        int received = Call(Nr.Recvmsg, end, bytes, length, &control, ref size, CloseOnExec | flags);
        nint count = received >= 0 && size > HeaderSize && control.Kind == Rights ? (control.Length - HeaderSize) / 4 : 0;
        for (int i = 0; i < MostDescriptors; i++)
        {
            descriptors[i] = i < count ? control.Words[i] : -1;
        }

        return received;
    }

    private static int Call(int call, int end, void* bytes, nint length, Control* control, ref nint size, int flags)
    {
        nint* buffer = stackalloc nint[] { (nint)bytes, length };
        nint* message = stackalloc nint[] { 0, 0, (nint)buffer, 1, (nint)control, size, 0 }; // struct msghdr: name, buffers and control, a length behind each; flags
        int result = (int)Sys.Call(call, end, (nint)message, flags);
        size = message[5];
        return result;
    }

    /// <summary>struct cmsghdr and what it is of.</summary>
    private struct Control
    {
        internal nint Length;
        internal int Level;
        internal int Kind;
        internal fixed int Words[MostDescriptors];
    }
}

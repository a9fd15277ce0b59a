namespace Kerr.Starter;

/// <summary>Messages with descriptors over local sockets. Receiving gives descriptors that close at exec.</summary>
internal static unsafe class Sockets
{
    internal const int MostDescriptors = 4;

    // struct msghdr: name@0 namelen@8 iov@16 iovlen@24 control@32 controllen@40 flags@48; cmsghdr: len@0 level@8 type@12 data@16
    private const int MessageSize = 56, ControlHeader = 16, ControlSize = ControlHeader + (4 * MostDescriptors);
    private const int SolSocket = 1, ScmRights = 1, NoSignal = 0x4000, CloseOnExec = 0x40000000;

    /// <summary>Two connected ends; each message is one packet.</summary>
    internal static int Pair(int* ends) => (int)Sys.Call(Nr.Socketpair, 1, 5 | O.CloseOnExec, 0, (nint)ends);

    /// <summary>Sends one packet, descriptors with it; never waits for room, since packets here are small and few.</summary>
    internal static int Send(int end, void* bytes, nint length, int* descriptors, int count)
    {
        byte* message = stackalloc byte[MessageSize];
        byte* control = stackalloc byte[ControlSize];
        nint* buffer = stackalloc nint[2];
        Prepare(message, control, buffer, bytes, length);
        int* given = (int*)(control + ControlHeader);
        for (int i = 0; i < count; i++)
        {
            given[i] = descriptors[i];
        }

        *(nint*)(message + 40) = count == 0 ? 0 : ControlHeader + ((count + 1) / 2 * 8);
        *(nint*)control = ControlHeader + (4 * count);
        *(int*)(control + 8) = SolSocket;
        *(int*)(control + 12) = ScmRights;
        return (int)Sys.Call(Nr.Sendmsg, end, (nint)message, NoSignal);
    }

    /// <summary>Receives one packet and answers its length, 0 at the end. Descriptors that did not come are −1.</summary>
    internal static int Receive(int end, void* bytes, nint length, int* descriptors, int flags = 0)
    {
        byte* message = stackalloc byte[MessageSize];
        byte* control = stackalloc byte[ControlSize];
        nint* buffer = stackalloc nint[2];
        Prepare(message, control, buffer, bytes, length);
        for (int i = 0; i < MostDescriptors; i++)
        {
            descriptors[i] = -1;
        }

        int received = (int)Sys.Call(Nr.Recvmsg, end, (nint)message, CloseOnExec | flags);
        if (received >= 0 && *(nint*)(message + 40) > ControlHeader && *(int*)(control + 12) == ScmRights)
        {
            nint count = (*(nint*)control - ControlHeader) / 4;
            for (int i = 0; i < count && i < MostDescriptors; i++)
            {
                descriptors[i] = ((int*)(control + ControlHeader))[i];
            }
        }

        return received;
    }

    private static void Prepare(byte* message, byte* control, nint* buffer, void* bytes, nint length)
    {
        buffer[0] = (nint)bytes;
        buffer[1] = length;
        for (int i = 0; i < MessageSize; i++)
        {
            message[i] = 0;
        }

        for (int i = 0; i < ControlSize; i++)
        {
            control[i] = 0;
        }

        *(nint*)(message + 16) = (nint)buffer;
        *(nint*)(message + 24) = 1;
        *(nint*)(message + 32) = (nint)control;
        *(nint*)(message + 40) = ControlSize;
    }
}

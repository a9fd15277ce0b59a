using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>The loop: launches that connect, ask and end; image servers that end; the holder, without which there is nothing to keep.</summary>
internal static unsafe class Keeper
{
    private const int MostLaunches = 4096, MostConnections = 256;
    private const int ReadyToRead = 1, DontWait = 0x40;
    private const long Idle = 20_000_000;   // ns without a word from anybody

    // A launch: its pidfd, and a bit for each image that it uses. A connection: its socket, and the launch behind it.
    private static Numbers s_launches;
    private static Masks s_uses;
    private static int s_launchCount;
    private static Numbers s_connections;
    private static Numbers s_behind;
    private static int s_connectionCount;

    internal static void Serve(int socket, int first)
    {
        int most = 2 + MostConnections + MostLaunches + SharedImages.Most;
        long* polled = (long*)Arena.Take(most * 8); // struct pollfd: fd@0 events@4 revents@6
        byte* mark = Arena.Mark();
        long* idle = stackalloc long[2]; // struct timespec, which ppoll may write to
        Admit(first);
        while (s_launchCount + s_connectionCount > 0)
        {
            int count = 0;
            Add(polled, ref count, s_connectionCount < MostConnections && s_launchCount < MostLaunches ? socket : -1);
            Add(polled, ref count, Holder.End);
            for (int i = 0; i < s_connectionCount; i++)
            {
                Add(polled, ref count, s_connections.At[i]);
            }

            for (int i = 0; i < s_launchCount; i++)
            {
                Add(polled, ref count, s_launches.At[i]);
            }

            int images = SharedImages.Count;
            for (int i = 0; i < images; i++)
            {
                Add(polled, ref count, SharedImages.ServerOf(i));
            }

            int connections = s_connectionCount;
            int launches = s_launchCount;
            idle[0] = 0;
            idle[1] = Idle;
            int ready = (int)Sys.Call(Nr.Ppoll, (nint)polled, count, SharedImages.WantSpares ? (nint)idle : 0);
            if (ready < 0 && ready != -E.INTR)
            {
                return;
            }

            if (ready == 0)
            {
                SharedImages.MakeSpares();
            }

            while (Sys.Call(Nr.Wait4, -1, 0, K.WaitNoHang) > 0)
            {
                // Servers that ended, by themselves or with their mounts.
            }

            if (Ready(polled, 1))
            {
                return; // the holder is gone, and the mounts with it: what runs has its own, what starts finds another keeper
            }

            // From the back, since the last takes the place of one that goes. Servers first: who asks now must not get a dead one.
            for (int i = images - 1; i >= 0; i--)
            {
                if (Ready(polled, 2 + connections + launches + i))
                {
                    SharedImages.ServerEnded(i);
                }
            }

            for (int i = connections - 1; i >= 0; i--)
            {
                if (Ready(polled, 2 + i) && !Converse(i))
                {
                    Hang(i);
                }
            }

            for (int i = launches - 1; i >= 0; i--)
            {
                if (Ready(polled, 2 + connections + i))
                {
                    End(i);
                }
            }

            if (Ready(polled, 0))
            {
                int end = (int)Sys.Call(Nr.Accept4, socket, 0, 0, O.CloseOnExec);
                if (end >= 0)
                {
                    Admit(end);
                }
            }

            Arena.Release(mark);
        }

        Ranks.Finish();
    }

    private static void Add(long* polled, ref int count, int descriptor) => polled[count++] = (uint)descriptor | ((long)ReadyToRead << 32);

    private static bool Ready(long* polled, int index) => (polled[index] >> 48) != 0;

    /// <summary>Lets a launch in: one of ours, whose end will be told.</summary>
    private static void Admit(int end)
    {
        int launch = Sharing.Verify(end);
        if (launch < 0)
        {
            Sys.Close(end);
            return;
        }

        s_launches.At[s_launchCount] = launch;
        s_uses.At[s_launchCount] = 0;
        s_connections.At[s_connectionCount] = end;
        s_behind.At[s_connectionCount] = s_launchCount;
        s_launchCount++;
        s_connectionCount++;
    }

    /// <summary>Answers one request; false when the connection is over.</summary>
    private static bool Converse(int connection)
    {
        byte* request = stackalloc byte[SharingFormat.RequestSize];
        int* descriptors = stackalloc int[Sockets.MostDescriptors];
        int end = s_connections.At[connection];
        int length = Sockets.Receive(end, request, SharingFormat.RequestSize, descriptors, DontWait);
        if (length <= 0)
        {
            return length == -E.AGAIN || length == -E.INTR;
        }

        uint options = *(uint*)(request + SharingFormat.Options);
        bool sound = length > SharingFormat.Text && *(ulong*)request == SharingFormat.Magic && request[length - 1] == 0
            && options > SharingFormat.Text && options < length && descriptors[0] >= 0;
        int launch = s_behind.At[connection];
        int status = sound ? 0 : -E.INVAL;
        int mount = -1;
        if (sound && *(uint*)(request + SharingFormat.Server) != SharingFormat.NoImage)
        {
            mount = SharedImages.Take(request, length, descriptors[0], descriptors[1], ref s_uses.At[launch]);
            status = mount < 0 ? mount : 0;
        }

        for (int i = 0; i < Sockets.MostDescriptors; i++)
        {
            Sys.Close(descriptors[i]);
        }

        ulong users = *(ulong*)(request + SharingFormat.Users);
        bool together = (users & ShareFlags.Together) != 0;
        int count = mount < 0 ? 1 : 2;
        descriptors[0] = together ? Ranks.Users : (users & ShareFlags.Apart) != 0 ? Holder.Users : Holder.SharedUsers;
        if (together && mount < 0 && status == 0)
        {
            mount = Holder.CloneMemory();
            status = mount < 0 ? mount : 0;
            descriptors[2] = Ranks.Processes;
            descriptors[3] = Ranks.Messages;
            count = 4;
        }

        descriptors[1] = mount;
        int sent = Sockets.Send(end, &status, 4, descriptors, status < 0 ? 0 : count);
        Sys.Close(mount);
        return sent == 4;
    }

    /// <summary>Forgets a connection; the launch behind it stays.</summary>
    private static void Hang(int connection)
    {
        Sys.Close(s_connections.At[connection]);
        s_connectionCount--;
        s_connections.At[connection] = s_connections.At[s_connectionCount];
        s_behind.At[connection] = s_behind.At[s_connectionCount];
    }

    /// <summary>Forgets a launch that has ended, and what only it used.</summary>
    private static void End(int launch)
    {
        for (int i = s_connectionCount - 1; i >= 0; i--)
        {
            if (s_behind.At[i] == launch)
            {
                Hang(i);
            }
        }

        ulong used = s_uses.At[launch];
        Sys.Close(s_launches.At[launch]);
        s_launchCount--;
        s_launches.At[launch] = s_launches.At[s_launchCount];
        s_uses.At[launch] = s_uses.At[s_launchCount];
        for (int i = 0; i < s_connectionCount; i++)
        {
            s_behind.At[i] = s_behind.At[i] == s_launchCount ? launch : s_behind.At[i];
        }

        for (int i = 0; i < SharedImages.Most; i++)
        {
            if ((used >> i & 1) != 0)
            {
                SharedImages.Leave(i);
            }
        }
    }

    private struct Numbers
    {
        internal fixed int At[MostLaunches];
    }

    private struct Masks
    {
        internal fixed ulong At[MostLaunches];
    }
}

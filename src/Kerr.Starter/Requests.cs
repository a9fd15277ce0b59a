using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// Requests on their way to the privileged half, which takes them in order. What the next step does not stand on is sent ahead: its answer is taken when there is
/// something to wait for anyway, so that the halves wake each other up once for many. Only in starter-user.
/// </summary>
internal static unsafe class Requests
{
    private const int Most = 16;

    private static Unanswered s_unanswered;
    private static int s_count;
    private static int s_failed;

    /// <summary>Our end of the socket to the privileged half.</summary>
    internal static int End = -1;

    /// <summary>Sends a request and answers what came of it, or of one without a step that went ahead: a number, or an error negated.</summary>
    internal static int Ask(RequestPacket* request, int* given, int count, out int handed)
    {
        Send(request, given, count);
        Settle();
        long result = Receive(out handed);
        int failed = s_failed;
        s_failed = 0;
        return failed < 0 ? failed : (int)result;
    }

    /// <summary>
    /// Sends a request ahead. Should it fail, its step has failed; without a step the next that is asked for has.
    /// </summary>
    /// <param name="mixed">Whether a file and a directory are to be one: EINVAL is ENOTDIR then.</param>
    internal static void SendAhead(RequestPacket* request, int* given, int count, byte* step, bool mixed)
    {
        if (s_count == Most)
        {
            Settle();
        }

        Send(request, given, count);
        s_unanswered.Steps[s_count] = (ulong)step;
        s_unanswered.Mixed[s_count++] = mixed;
        if (Report.Level >= 4)
        {
            Settle(); // what is told stays in order
        }
    }

    /// <summary>Takes the answers of all that went ahead.</summary>
    internal static void Settle()
    {
        int count = s_count;
        s_count = 0;
        for (int i = 0; i < count; i++)
        {
            long result = Receive(out _);
            byte* step = (byte*)s_unanswered.Steps[i];
            result = result == -E.INVAL && s_unanswered.Mixed[i] ? -E.NOTDIR : result;
            if (result < 0 && step != null)
            {
                Report.Failed(step, (int)-result);
            }

            s_failed = result < 0 && step == null && s_failed == 0 ? (int)result : s_failed;
        }
    }

    /// <summary>
    /// Opens (O_PATH) a place in the root for a request that goes ahead; −1 where that one would have to wait: for links, and below a place that
    /// something is being mounted on.
    /// </summary>
    internal static int OpenAhead(byte* path)
    {
        ulong* how = stackalloc ulong[] { O.Path | O.CloseOnExec, 0, K.ResolveInRoot | K.ResolveNoLinks };
        for (byte* name = path; name != null; name = Text.Find(name, (byte)'/'))
        {
            name = *name == '/' ? name + 1 : name;
            if (*name is 0 or (byte)'/' || (*name == '.' && name[1] is 0 or (byte)'/' or (byte)'.'))
            {
                return -1; // not written in the shortest way
            }
        }

        for (int i = 0; i < s_count; i++)
        {
            byte* place = s_unanswered.Steps[i] == 0 ? null : Plan.String((byte*)s_unanswered.Steps[i], Step.Target);
            nint length = place == null ? 0 : Text.Length(place);
            if (place != null && Text.Starts(path, new(place, (int)length)) && path[length] is 0 or (byte)'/')
            {
                return -1;
            }
        }

        return (int)Sys.Call(Nr.Openat2, Root.Directory, (nint)path, (nint)how, 24);
    }

    private static void Send(RequestPacket* request, int* given, int count)
    {
        int error = Sockets.Send(End, request, sizeof(RequestPacket), given, count);
        if (error is < 0 and not (-E.PIPE or -E.CONNRESET))
        {
            Report.Fatal("descriptors cannot be handed to starter-suid"u8, -error, "raise `ulimit -n`, or start fewer launches at once"u8);
        }
    }

    private static long Receive(out int handed)
    {
        int* given = stackalloc int[Sockets.MostDescriptors];
        long result = 0;
        if (Sockets.Receive(End, &result, sizeof(long), given) != sizeof(long))
        {
            Sys.Exit(255); // the privileged half has ended, and has said why
        }

        handed = given[0];
        return result;
    }

    private struct Unanswered
    {
        internal fixed ulong Steps[Most];
        internal fixed bool Mixed[Most];
    }
}

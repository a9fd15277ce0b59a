using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>What becomes of open descriptors: the caller's reach the payload as they were, ours never do.</summary>
internal static unsafe class Descriptors
{
    private const int BufferSize = 8 << 10;

    /// <summary>
    /// Takes the places of standard descriptors that the caller closed, so that nothing of ours lands there and is
    /// taken for input or output. The copies close at exec: the payload finds them closed again.
    /// </summary>
    internal static void FillStandard(int plan)
    {
        for (int i = 0; i < 3; i++)
        {
            if (Sys.Fcntl(i, K.GetDescriptorFlags) == -E.BADF && Sys.Fcntl(plan, K.DupCloseOnExec, i) < 0)
            {
                Sys.Exit(255);
            }
        }
    }

    /// <summary>Lets the descriptors that were made for us close at exec.</summary>
    internal static int Claim(byte* numbers, int plan)
    {
        int error = Sys.Fcntl(plan, K.SetDescriptorFlags, 1);
        for (uint i = 0; error == 0 && i < Plan.Count(numbers); i++)
        {
            error = Sys.Fcntl((int)Plan.Number(numbers, i), K.SetDescriptorFlags, 1);
        }

        return error;
    }

    /// <summary>Whether a descriptor is one of those that were made for us.</summary>
    internal static bool WasGiven(int number)
    {
        byte* given = Plan.At(Plan.U32(Plan.Start, Header.Descriptors));
        for (uint i = 0; i < Plan.Count(given); i++)
        {
            if (Plan.Number(given, i) == (uint)number)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Closes all descriptors from a number on, but one and those of a list.</summary>
    internal static void CloseAllBut(int first, int kept, byte* keep = null)
    {
        int from = first;
        while (true)
        {
            // The smallest number that is kept, then the gap before it.
            int next = kept >= from ? kept : int.MaxValue;
            for (uint i = 0; i < Plan.Count(keep); i++)
            {
                int number = (int)Plan.Number(keep, i);
                next = number >= from && number < next ? number : next;
            }

            if (next > from && !CloseRange(from, next - 1))
            {
                CloseListed(first, kept, keep);
                return;
            }

            if (next == int.MaxValue)
            {
                return;
            }

            from = next + 1;
        }
    }

    private static bool CloseRange(int first, int last) => Sys.Call(Nr.CloseRange, first, last) == 0;

    /// <summary>The way of kernels before 5.9: what /proc lists.</summary>
    private static void CloseListed(int first, int kept, byte* keep)
    {
        byte* buffer = Arena.Take(BufferSize);
        int listing = Sys.OpenAt(K.AtCwd, "/proc/self/fd"u8, O.ReadOnly | O.Directory);
        int length;
        while ((length = (int)Sys.Call(Nr.Getdents64, listing, (nint)buffer, BufferSize)) > 0)
        {
            for (int at = 0; at < length; at += *(ushort*)(buffer + at + 16))
            {
                long number = Text.ParseNumber(buffer + at + 19);
                bool keeps = number < first || number == kept || number == listing;
                for (uint i = 0; i < Plan.Count(keep); i++)
                {
                    keeps |= number == Plan.Number(keep, i);
                }

                if (!keeps)
                {
                    Sys.Close((int)number);
                }
            }
        }

        Sys.Close(listing);
    }
}

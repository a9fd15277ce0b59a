using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>The passwd and group files of the inside: the image's own, with the user's lines.</summary>
internal static unsafe class Files
{
    private const ulong MostBytes = 64 << 20;

    internal static int Passwd(byte* step)
    {
        Audit.Tell(step);
        byte* ours = Plan.String(step, Step.Data);
        byte* home = Plan.String(step, Step.Extra);
        byte* text;
        nint length;
        int error = Read(step, out text, out length);
        if (error < 0)
        {
            return error;
        }

        nint most = length + Text.Length(ours) + (home == null ? 0 : Text.Length(home)) + 4;
        byte* made = Arena.Take(most);
        byte* to = made;
        bool found = false;
        for (byte* line = text; line < text + length; line = AfterLine(line, text + length))
        {
            byte* end = LineEnd(line, text + length);
            if (!found && end > line && IdOf(line, end) == (long)Plan.U64(step, Step.Number))
            {
                found = true;
                to = MergeLine(to, line, end, ours, home, Plan.Has(step, 1));
            }
            else
            {
                to = Text.Copy(to, line, (nint)(end - line));
            }

            *to++ = (byte)'\n';
        }

        if (!found)
        {
            to = MergeLine(to, ours, ours + Text.Length(ours), ours, home, false);
            *to++ = (byte)'\n';
        }

        return Session.Write(Session.Name(step, Step.Target), made, (nint)(to - made), 0x1A4);
    }

    internal static int Group(byte* step)
    {
        Audit.Tell(step);
        byte* lines = Plan.Reference(step, Step.Data);
        byte* text;
        nint length;
        int error = Read(step, out text, out length);
        if (error < 0)
        {
            return error;
        }

        nint most = length + 1;
        for (uint i = 0; i < Plan.Count(lines); i++)
        {
            most += Text.Length(Plan.Item(lines, i)) + 1;
        }

        byte* made = Arena.Take(most);
        byte* to = Text.Copy(made, text, length);
        if (length > 0 && to[-1] != '\n')
        {
            *to++ = (byte)'\n';
        }

        for (uint i = 0; i < Plan.Count(lines); i++)
        {
            byte* line = Plan.Item(lines, i);
            if (!HasId(text, text + length, IdOf(line, line + Text.Length(line))))
            {
                to = Text.Copy(to, line);
                *to++ = (byte)'\n';
            }
        }

        return Session.Write(Session.Name(step, Step.Target), made, (nint)(to - made), 0x1A4);
    }

    /// <summary>Reads a file of the root; only a regular one, which can neither block nor have no end.</summary>
    private static int Read(byte* step, out byte* text, out nint length)
    {
        text = null;
        length = 0;
        FileStatus status = default;
        int place = Root.Open(Plan.String(step, Step.Source));
        int error = place < 0 ? place : FileStatus.Read(place, &status);
        error = error < 0 ? error : !status.IsRegular || status.Size > MostBytes ? -E.INVAL : 0;
        int file = error < 0 ? error : Sys.OpenAt(K.AtCwd, Text.DescriptorPath(place), O.ReadOnly | O.NonBlock | O.NoTerminal);
        Sys.Close(place);
        if (file < 0)
        {
            return file;
        }

        text = Arena.Take((nint)status.Size + 1);
        while (length < (nint)status.Size)
        {
            nint got = Sys.Call(Nr.Read, file, (nint)(text + length), (nint)status.Size - length);
            if (got <= 0)
            {
                error = (int)got;
                break;
            }

            length += got;
        }

        Sys.Close(file);
        return error;
    }

    /// <summary>Writes a passwd line with our name, comment and home, and with the ids and shell of the line that is there.</summary>
    private static byte* MergeLine(byte* to, byte* there, byte* end, byte* ours, byte* home, bool keepName)
    {
        byte* oursEnd = ours + Text.Length(ours);
        for (int field = 0; field < 7; field++)
        {
            if (field > 0)
            {
                *to++ = (byte)':';
            }

            bool mine = field == 5 || (field is 0 or 4 && !keepName);
            if (field == 5 && home != null)
            {
                to = Text.Copy(to, home);
            }
            else
            {
                byte* start = Field(mine ? ours : there, mine ? oursEnd : end, field, out byte* stop);
                to = Text.Copy(to, start, (nint)(stop - start));
            }
        }

        return to;
    }

    /// <summary>A colon-separated field of a line; the last has all that follows; empty when the line is shorter.</summary>
    private static byte* Field(byte* line, byte* end, int wanted, out byte* stop)
    {
        byte* start = line;
        for (int field = 0; field < wanted; field++)
        {
            while (start < end && *start != ':')
            {
                start++;
            }

            start = start < end ? start + 1 : end;
        }

        stop = start;
        while (stop < end && *stop != ':')
        {
            stop++;
        }

        return start;
    }

    /// <summary>The number in the third field of a passwd or group line, or −1.</summary>
    private static long IdOf(byte* line, byte* end)
    {
        byte* start = Field(line, end, 2, out byte* stop);
        long id = 0;
        for (byte* at = start; at < stop; at++)
        {
            if (*at is < (byte)'0' or > (byte)'9' || at - start > 10)
            {
                return -1;
            }

            id = (id * 10) + (*at - '0');
        }

        return stop > start ? id : -1;
    }

    private static bool HasId(byte* text, byte* end, long id)
    {
        for (byte* line = text; line < end; line = AfterLine(line, end))
        {
            if (IdOf(line, LineEnd(line, end)) == id)
            {
                return true;
            }
        }

        return false;
    }

    private static byte* LineEnd(byte* line, byte* end)
    {
        while (line < end && *line != '\n')
        {
            line++;
        }

        return line;
    }

    private static byte* AfterLine(byte* line, byte* end) => LineEnd(line, end) + 1;
}

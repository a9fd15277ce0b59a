using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// An image's environment scripts with a limit on their time (`--runscript-timeout`): the shell is a child then, so that
/// somebody is there who can end it.
/// <code>
///   this process ──fork──▶ the image's shell ──exec──▶ kerr-starter PLAN merge …: hands over what the shell has set, ends
///     waits so long, then becomes the payload with that
///
///   handed over:  mask i64 │ 16 × (soft u64, hard u64) of getrlimit │ NAME=value NUL …         a negative mask: errno of execve
/// </code>
/// </summary>
internal static unsafe class ScriptLimit
{
    private const int Limits = 16, Fixed = 8 + (Limits * 16);

    /// <summary>A file in memory for what is handed over, or an error.</summary>
    internal static int Make() => (int)Sys.Call(Nr.MemfdCreate, (nint)"kerr-script"u8.Start, (nint)K.MemfdCloseOnExec);

    /// <summary>Runs the shell in a child and answers the environment that it leaves; null, with an error, when it could not be executed.</summary>
    internal static byte** Run(byte* step, byte* shell, byte** command, byte** environment, int handed, out int error)
    {
        ulong ended = 1UL << (K.SigChild - 1);
        ulong mask = 0;
        SignalAction usual = default;
        SignalAction callers = default;
        error = (int)Sys.Call(Nr.Sigprocmask, 0, (nint)(&ended), (nint)(&mask), 8);
        error = error < 0 ? error : usual.Exchange(K.SigChild, ref callers); // who ignores SIGCHLD gets no status
        int child = error < 0 ? error : Sys.Fork(K.SigChild);
        if (child == 0)
        {
            Sys.Prctl(K.PrSetDeathSignal, K.SigKill);
            callers.Set(K.SigChild);
            Sys.Call(Nr.Sigprocmask, 2, (nint)(&mask), 0, 8);
            Payload.Restore();
            long failed = (long)Sys.Call(Nr.Execve, (nint)shell, (nint)command, (nint)environment);
            Sys.Call(Nr.Write, handed, (nint)(&failed), sizeof(long));
            Sys.Exit(255);
        }

        error = child < 0 ? child : Wait(step, child, shell, &ended);
        callers.Set(K.SigChild);
        Sys.Call(Nr.Sigprocmask, 2, (nint)(&mask), 0, 8);
        return error < 0 ? null : Take(handed, error, out error);
    }

    /// <summary>Hands over what the shell has left, for the process that waits.</summary>
    internal static void HandOver(int handed, byte** environment)
    {
        nint size = Fixed;
        for (byte** at = environment; *at != null; at++)
        {
            size += Text.Length(*at) + 1;
        }

        byte* text = Arena.Take(size);
        *(long*)text = Sys.Call(Nr.Umask, 0x1FF) & 0x1FF;
        for (int limit = 0; limit < Limits; limit++)
        {
            Sys.Call(Nr.Prlimit64, 0, limit, 0, (nint)(text + 8 + (limit * 16)));
        }

        byte* end = text + Fixed;
        for (byte** at = environment; *at != null; at++)
        {
            end = Text.Copy(end, *at) + 1;
        }

        SignalAction ignore = SignalAction.Ignore();
        ignore.Set(K.SigFileSize); // an error instead of our end
        int error = Sys.WriteAll(handed, text, size);
        if (error < 0)
        {
            Report.Fatal("the environment of the image's scripts cannot be kept"u8, -error, "raise the limits on files and memory (ulimit -f, ulimit -v)"u8);
        }

        Sys.Exit(0);
    }

    /// <summary>Waits for the child's end and answers its status; at the limit, ends it and the launch.</summary>
    private static int Wait(byte* step, int child, byte* shell, ulong* ended)
    {
        ulong until = Sys.Now() + Plan.U64(step, Step.Number2);
        long* left = stackalloc long[2];
        while (true)
        {
            int status = 0;
            int found = (int)Sys.Call(Nr.Wait4, child, (nint)(&status), K.WaitNoHang | K.WaitAll, 0);
            if (found != 0)
            {
                return found < 0 ? found : status;
            }

            ulong now = Sys.Now();
            if (now >= until)
            {
                Stop(step, child);
            }

            left[0] = (long)((until - now) / 1_000_000_000);
            left[1] = (long)((until - now) % 1_000_000_000);
            Sys.Call(Nr.Sigtimedwait, (nint)ended, 0, (nint)left, 8);
        }
    }

    private static byte** Take(int handed, int status, out int error)
    {
        FileStatus file = default;
        error = FileStatus.Read(handed, &file);
        nint size = (nint)file.Size;
        byte* text = Arena.Take(size + 8);
        nint read = error < 0 || size == 0 ? 0 : Sys.Call(Nr.Pread64, handed, (nint)text, size, 0);
        error = read < sizeof(long) || *(long*)text >= 0 ? 0 : (int)*(long*)text;
        if (error < 0)
        {
            return null;
        }

        if (read < Fixed || read != size || text[size - 1] != 0)
        {
            Init.End(status, signalled: true); // a script ended the shell, or was ended: so is the launch, as without a limit
        }

        Surroundings.Mask = (int)*(long*)text & 0x1FF;
        for (int limit = 0; limit < Limits; limit++)
        {
            Sys.Call(Nr.Prlimit64, 0, limit, (nint)(text + 8 + (limit * 16)), 0); // what the child may, we may
        }

        uint count = 0;
        for (byte* at = text + Fixed; at < text + size; at++)
        {
            count += *at == 0 ? 1U : 0;
        }

        byte** environment = (byte**)Arena.Take(((nint)count + 1) * sizeof(nint));
        byte* next = text + Fixed;
        for (uint i = 0; i < count; i++)
        {
            environment[i] = next;
            next += Text.Length(next) + 1;
        }

        return environment;
    }

    /// <summary>Ends the shell and all that it started, and says which command it was that took so long.</summary>
    private static void Stop(byte* step, int child)
    {
        byte* command = Arena.Take(CommandSize);
        Command(child, child, command);
        Kill(child);
        Line.Begin("FATAL:"u8, Report.Red);
        if (*command == 0)
        {
            Line.Add("the shell of the image's environment scripts"u8);
        }
        else
        {
            Line.Add("command \""u8);
            Line.Add(command);
            Line.Add("\""u8);
        }

        byte* entry = Plan.Failure(step, E.TIME);
        Line.Add(entry == null ? null : Plan.String(entry, 4));
        Report.Finish(0, entry == null ? null : Plan.String(entry, 8));
        Ending.Tell(-1);
        Sys.Exit(255);
    }

    private const int CommandSize = 1024;

    /// <summary>The command that a shell waits for, by its arguments; subshells have the shell's own. Empty when it runs by itself.</summary>
    private static void Command(int process, int shell, byte* command)
    {
        byte* own = Arena.Take(CommandSize);
        Arguments(shell, own);
        for (int depth = 0; depth < 64; depth++)
        {
            int next = ChildOf(process, 0);
            if (next == 0)
            {
                *command = 0;
                return;
            }

            Arguments(next, command);
            if (!Text.Same(command, own))
            {
                return;
            }

            process = next;
        }
    }

    private static void Arguments(int process, byte* text)
    {
        int length = Read(process, "/cmdline"u8, text, CommandSize);
        while (length > 0 && text[length - 1] == 0)
        {
            length--;
        }

        for (int i = 0; i < length; i++)
        {
            text[i] = text[i] == 0 ? (byte)' ' : text[i];
        }

        text[length < 0 ? 0 : length] = 0;
    }

    /// <summary>Ends a process and its descendants; each is stopped first, so that it starts no more.</summary>
    private static void Kill(int process)
    {
        Sys.Call(Nr.Kill, process, K.SigStop);
        int child = 0;
        while ((child = ChildOf(process, child)) != 0)
        {
            Kill(child);
        }

        Sys.Call(Nr.Kill, process, K.SigKill);
    }

    /// <summary>The child with the next higher number than another, 0 when there is none.</summary>
    private static int ChildOf(int parent, int after)
    {
        const int Size = 4096;
        byte* buffer = stackalloc byte[Size];
        byte* status = stackalloc byte[512];
        int processes = Sys.OpenAt(K.AtCwd, "/proc"u8, O.ReadOnly | O.Directory);
        int found = 0;
        int length;
        while ((length = (int)Sys.Call(Nr.Getdents64, processes, (nint)buffer, Size)) > 0)
        {
            for (int at = 0; at < length; at += *(ushort*)(buffer + at + 16))
            {
                long number = Text.ParseNumber(buffer + at + 19);
                if (number > after && (found == 0 || number < found) && Read((int)number, "/stat"u8, status, 512) > 0 && Parent(status) == parent)
                {
                    found = (int)number;
                }
            }
        }

        Sys.Close(processes);
        return found;
    }

    /// <summary>The parent in "PID (NAME) STATE PARENT …", where a name may have parentheses, too.</summary>
    private static long Parent(byte* status)
    {
        byte* name = null;
        for (byte* at = status; (at = Text.Find(at, (byte)')')) != null; at++)
        {
            name = at;
        }

        return name == null || name[1] != ' ' || name[2] == 0 || name[3] != ' ' ? -1 : Text.ParseNumber(name + 4, (byte)' ');
    }

    /// <summary>Reads a small file of a process and ends it with NUL.</summary>
    private static int Read(int process, System.ReadOnlySpan<byte> name, byte* text, int size)
    {
        byte* path = stackalloc byte[64];
        byte* end = Text.Number(Text.Copy(path, "/proc/"u8.Start, 6), (ulong)process);
        *Text.Copy(end, name.Start, name.Length) = 0;
        int file = Sys.OpenAt(K.AtCwd, path, O.ReadOnly);
        int length = file < 0 ? file : (int)Sys.Call(Nr.Read, file, (nint)text, size - 1);
        Sys.Close(file);
        text[length < 0 ? 0 : length] = 0;
        return length;
    }
}

using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>Chooses among the plan's commands with the final environment in hand, executes, and explains what went wrong.</summary>
internal static unsafe class Payload
{
    private static SignalAction s_fileSizeAction;
    private static bool s_fileSizeIgnored;
    private static byte* s_interpreter;

    /// <summary>
    /// Under a limit on file sizes our own small files would end us by SIGXFSZ instead of an error. Ignored until
    /// <see cref="Restore"/>.
    /// </summary>
    internal static void GuardFileSize()
    {
        long* limits = stackalloc long[2];
        if (Sys.Call(Nr.Prlimit64, 0, K.LimitFileSize, 0, (nint)limits) == 0 && limits[0] != -1)
        {
            SignalAction ignore = SignalAction.Ignore();
            s_fileSizeIgnored = ignore.Exchange(K.SigFileSize, ref s_fileSizeAction) == 0;
        }
    }

    /// <summary>Gives back what the starter changed for itself: file mode mask and the signal for too large files.</summary>
    internal static void Restore()
    {
        int error = (int)Sys.Call(Nr.Umask, Surroundings.Mask);
        error = error >= 0 && s_fileSizeIgnored ? s_fileSizeAction.Set(K.SigFileSize) : error;
        if (error < 0)
        {
            Report.Fatal("the caller's file mode mask and signals cannot be given back"u8, -error, default);
        }
    }

    /// <summary>Executes the first command that fits; comes back only with ENOENT when none does, or after an error was told.</summary>
    internal static int Start(byte* step, byte** environment)
    {
        byte* candidates = Plan.Reference(step, Step.Data);
        for (uint i = 0; i < Plan.Count(candidates); i++)
        {
            byte* candidate = Plan.CandidateAt(candidates, i);
            uint flags = Plan.U32(candidate, Candidate.Flags);
            byte* path = Plan.String(candidate, Candidate.Path);
            byte* found = (flags & CandidateFlags.SearchPath) != 0 ? Search(path, Environment.Value(environment, "PATH"u8)) : path;
            bool fits = found != null && ((flags & CandidateFlags.IfExecutable) == 0 || IsExecutable(found));
            if (fits)
            {
                environment = Environment.With(environment, Plan.Reference(candidate, Candidate.Environment));
                Report.Info(Plan.String(candidate, Candidate.Message));
                Audit.Note("Executing: "u8, found);
                Run(found, Plan.Pointers(Plan.Reference(candidate, Candidate.Arguments)), environment);
            }

            if ((flags & CandidateFlags.IfExecutable) == 0)
            {
                break; // it was meant to be final
            }
        }

        return NothingFits(step);
    }

    /// <summary>Whether a path leads to a regular file that we may execute.</summary>
    internal static bool IsExecutable(byte* path)
    {
        FileStatus status = default;
        return Sys.Call(Nr.Faccessat, K.AtCwd, (nint)path, 1) == 0 && FileStatus.Read(K.AtCwd, path, 0, &status) == 0 && status.IsRegular;
    }

    /// <summary>Says that none of the commands is there; with exit code 0 that is information.</summary>
    private static int NothingFits(byte* step)
    {
        int code = (int)Plan.U64(step, Step.Number) & 0xFF;
        byte* entry = Plan.Failure(step, E.NOENT);
        if (code == 0)
        {
            Report.Info(entry == null ? null : Plan.String(entry, 4));
        }
        else if (Report.Level >= -4)
        {
            Line.Begin("FATAL:"u8, Report.Red);
            Line.Add(entry == null ? (byte*)"the image has nothing to run"u8.Start : Plan.String(entry, 4));
            Report.Finish(0, entry == null ? null : Plan.String(entry, 8));
        }

        Ending.Tell(-1);
        Sys.Exit(code);
        return 0;
    }

    private static void Run(byte* path, byte** arguments, byte** environment)
    {
        Restore();
        int error = (int)Sys.Call(Nr.Execve, (nint)path, (nint)arguments, (nint)environment);
        if (error == -E.NOEXEC && Explain(path) == 0)
        {
            // No format that the kernel knows: a script without "#!", which shells run themselves.
            uint count = 0;
            while (arguments[count] != null)
            {
                count++;
            }

            byte** again = (byte**)Arena.Take(((nint)count + 3) * sizeof(nint));
            again[0] = (byte*)"/bin/sh"u8.Start;
            again[1] = path;
            for (uint i = 1; i < count; i++)
            {
                again[1 + i] = arguments[i];
            }

            again[count > 0 ? 1 + count : 2] = null;
            Sys.Call(Nr.Execve, (nint)again[0], (nint)again, (nint)environment);
        }

        int machine = error is -E.NOEXEC or -E.NOENT ? Explain(path) : 0;
        bool there = Sys.Call(Nr.Faccessat, K.AtCwd, (nint)path, 0) == 0;
        Line.Begin("FATAL:"u8, Report.Red);
        if (machine > 0)
        {
            Line.Add("image targets '"u8);
            AddMachine(machine);
            Line.Add("', cannot run on '"u8);
            Line.Add(Machine.Name);
            Line.Add("'"u8);
            Report.Finish(0, (byte*)"take an image that was built for this machine's processor"u8.Start);
        }
        else
        {
            Line.Add("exec "u8);
            Line.Add(path);
            Line.Add(" failed: "u8);
            if (error == -E.NOENT && there)
            {
                Line.Add(machine < 0 ? "the interpreter is not in the image: "u8 : "a shared library is likely missing in the image"u8);
                Line.Add(s_interpreter);
            }
            else
            {
                Line.Error(-error);
            }

            Report.Finish(0, machine < 0 && Text.Find(s_interpreter, (byte)'\r') != null ? (byte*)"its lines end in CR and LF"u8.Start : Remedy(-error, there));
        }

        Ending.Tell(-1);
        Sys.Exit(255);
    }

    private static byte* Remedy(int error, bool there) => error switch
    {
        E.NOENT when !there => (byte*)"name a program that is in the image"u8.Start,
        E.NOEXEC => (byte*)"it is neither a program nor a script that begins with #!"u8.Start,
        E.ACCES => (byte*)"check its permissions, and whether it lies on a file system that is mounted noexec"u8.Start,
        E.TOOBIG => (byte*)"shorten arguments and environment (128 KiB each, 2 MiB in all), or raise the limit on the stack: ulimit -s"u8.Start,
        _ => null,
    };

    /// <summary>Looks into a file that cannot be executed: the foreign machine of an ELF file, −1 for "#!", 0 for neither.</summary>
    private static int Explain(byte* path)
    {
        byte* head = Arena.Take(256); // e_ident@0 e_type@16 e_machine@18
        int file = Sys.OpenAt(K.AtCwd, path, O.ReadOnly | O.NonBlock | O.NoTerminal);
        int length = file < 0 ? 0 : (int)Sys.Call(Nr.Read, file, (nint)head, 255);
        Sys.Close(file);
        if (length >= 2 && head[0] == '#' && head[1] == '!')
        {
            byte* end = Text.Find(head, (byte)'\n');
            end = end == null ? head + 255 : end;
            *end = 0;
            s_interpreter = head;
            return -1;
        }

        bool elf = length >= 20 && head[0] == 0x7F && head[1] == 'E' && head[2] == 'L' && head[3] == 'F';
        int machine = elf ? head[5] == 2 ? (head[18] << 8) | head[19] : head[18] | (head[19] << 8) : 0;
        return machine == Machine.This ? 0 : machine;
    }

    private static void AddMachine(int machine)
    {
        Line.Add(machine switch
        {
            3 => "386"u8,
            8 => "mips"u8,
            20 => "ppc"u8,
            21 => "ppc64"u8,
            22 => "s390x"u8,
            40 => "arm"u8,
            62 => "amd64"u8,
            183 => "arm64"u8,
            243 => "riscv64"u8,
            258 => "loong64"u8,
            _ => "another processor"u8,
        });
    }

    /// <summary>Finds a command in PATH; an empty entry is the working directory, as for shells.</summary>
    internal static byte* Search(byte* name, byte* path)
    {
        while (path != null && *name != 0)
        {
            byte* end = Text.Find(path, (byte)':');
            nint length = end == null ? Text.Length(path) : (nint)(end - path);
            byte* made = Arena.Take(length + Text.Length(name) + 4);
            byte* to = Text.Copy(made, path, length);
            if (length == 0)
            {
                *to++ = (byte)'.';
            }

            *to++ = (byte)'/';
            *Text.Copy(to, name) = 0;
            if (IsExecutable(made))
            {
                return made;
            }

            path = end == null ? null : end + 1;
        }

        return null;
    }
}

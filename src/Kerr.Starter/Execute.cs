using System;
using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// Becomes the payload. Images bring scripts that set the environment, and only a shell can run those: then the shell is
/// executed first, and its last act is to execute the starter once more, which merges the environments and executes the
/// payload (<see cref="Environment.Merge"/>). One process all the way, unless their time is limited (<see cref="ScriptLimit"/>).
/// </summary>
internal static unsafe class Execute
{
    /// <summary>This program's own file, for the copy that runs after the image's scripts; −1 when no script will run.</summary>
    internal static int Own = -1;

    private static ReadOnlySpan<byte> MergeMark => "@KERR_MERGE@"u8;

    /// <summary>Runs the last step; comes back only with an error.</summary>
    internal static int Run(byte* step, int plan)
    {
        FusePrograms.Run(step);
        Audit.Tell(step);
        int error = Init.BecomeAppInit();
        if (error < 0)
        {
            return error;
        }

        byte* script = Plan.String(step, Step.Source);
        if (script != null && Plan.Has(step, ExecFlags.ScriptIfPresent) && !Exists("/.singularity.d/env"u8) && !Exists("/environment"u8))
        {
            script = null;
        }

        byte* shell = script == null ? null : FirstShell(Plan.String(step, Step.Target));
        bool required = Plan.Has(step, ExecFlags.ScriptRequired);
        if (script != null && shell == null)
        {
            if (required)
            {
                Report.Fatal("the image has environment scripts, and no shell that could run them"u8, 0, "use an image that has /bin/sh"u8);
            }

            Audit.Note("No shell in the image: its environment scripts are not run"u8);
        }
        else if (script != null)
        {
            error = RunScript(step, shell, script, plan);
            if (required)
            {
                Report.Fatal("the image's environment scripts cannot be run"u8, -error, "run it with a /proc inside (no --no-mount proc), or look at the limit on open files"u8);
            }

            Report.Warning("the image's environment scripts cannot be run by "u8, shell, -error);
        }

        Audit.PrintTimes();
        return Payload.Start(step, Environment.Direct(step));
    }

    /// <summary>The image's shell executed us: its environment is ours now, or that of the process which waits for it.</summary>
    internal static void Merge(int argc, int plan, byte** arguments, byte** environment)
    {
        if (argc == 6)
        {
            ScriptLimit.HandOver((int)Text.ParseNumber(arguments[5]), environment);
        }

        Plan.Open(plan);
        long own = Text.ParseNumber(arguments[3]);
        if (Sys.Fcntl(plan, K.SetDescriptorFlags, 1) < 0 || Sys.Fcntl((int)own, K.SetDescriptorFlags, 1) < 0)
        {
            Report.Fatal("the descriptors of this launch cannot be kept from the payload"u8, 0, "run the image without its scripts"u8);
        }

        Surroundings.Mask = (int)Sys.Call(Nr.Umask, 0x1FF) & 0x1FF;
        byte* step = Plan.StepAt(Plan.StepCount - 1);
        long since = Text.ParseNumber(arguments[4]);
        Audit.PrintScripts(since < 0 ? 0 : (ulong)since);
        Report.Failed(step, -Payload.Start(step, Environment.Merge(step, environment)));
    }

    /// <summary>Executes the shell; comes back only with an error.</summary>
    private static int RunScript(byte* step, byte* shell, byte* script, int plan)
    {
        // These descriptors survive the shell and close before the payload. High numbers, so that no script uses them.
        bool limited = Plan.U64(step, Step.Number2) != 0;
        int program = CopyOfUs();
        int programKept = program < 0 ? program : Raise(program);
        int planKept = programKept < 0 ? programKept : Raise(plan);
        int handed = planKept < 0 ? planKept : limited ? ScriptLimit.Make() : 0;
        handed = handed > 0 ? Raise(handed) : handed;
        if (handed < 0)
        {
            return handed;
        }

        if (!Exists(Text.DescriptorPath(programKept)))
        {
            return -E.NOENT; // no /proc inside
        }

        byte* candidate = Plan.CandidateAt(Plan.Reference(step, Step.Data), 0);
        byte* arguments = Plan.Reference(candidate, Candidate.Arguments);
        uint count = Plan.Count(arguments);
        uint skipped = (uint)Plan.U64(step, Step.Number3);
        count = skipped < count ? count - skipped : 0;
        byte** command = (byte**)Arena.Take(((nint)count + 5) * sizeof(nint));
        byte* name = Plan.At(Plan.U32(Plan.Start, Header.Program));
        command[0] = shell;
        command[1] = (byte*)"-c"u8.Start;
        command[2] = Substitute(script, MergeCommand(programKept, planKept, handed));
        command[3] = name == null ? shell : name;
        for (uint i = 0; i < count; i++)
        {
            command[4 + i] = Plan.Item(arguments, skipped + i);
        }

        command[4 + count] = null;
        Audit.PrintTimes();
        byte** environment = Plan.Pointers(Plan.Reference(step, Step.More));
        if (limited)
        {
            ulong since = Sys.Now();
            byte** left = ScriptLimit.Run(step, shell, command, environment, handed, out int error);
            Sys.Close(programKept);
            Sys.Close(planKept);
            Sys.Close(handed);
            Audit.PrintScripts(left == null ? 0 : since);
            return left == null ? error : Payload.Start(step, Environment.Merge(step, left));
        }

        Payload.Restore();
        return (int)Sys.Call(Nr.Execve, (nint)shell, (nint)command, (nint)environment);
    }

    /// <summary>"/proc/self/fd/PROGRAM PLAN merge PROGRAM NOW [HANDED]": what the script's last line executes.</summary>
    private static byte* MergeCommand(int program, int plan, int handed)
    {
        byte* text = Arena.Take(96);
        byte* end = Text.Copy(text, Text.DescriptorPath(program));
        *end++ = (byte)' ';
        end = Text.Copy(Text.Number(end, (ulong)plan), (byte*)" merge "u8.Start);
        end = Text.Number(end, (ulong)program);
        *end++ = (byte)' ';
        end = Text.Number(end, (Report.Flags & HeaderFlags.Timings) != 0 ? Sys.Now() : 0);
        if (handed > 0)
        {
            *end++ = (byte)' ';
            end = Text.Number(end, (ulong)handed);
        }

        *end = 0;
        return text;
    }

    private static byte* Substitute(byte* script, byte* replacement)
    {
        byte* mark = null; // the last one: values before it may have the same letters
        for (byte* at = script; *at != 0; at++)
        {
            mark = Text.Starts(at, MergeMark) ? at : mark;
        }

        if (mark == null)
        {
            return script;
        }

        byte* made = Arena.Take(Text.Length(script) + Text.Length(replacement) + 1);
        byte* end = Text.Copy(Text.Copy(made, script, (nint)(mark - script)), replacement);
        *Text.Copy(end, mark + MergeMark.Length) = 0;
        return made;
    }

    /// <summary>A sealed copy of this program in memory: nothing inside can write to the installed one (CVE-2019-5736).</summary>
    private static int CopyOfUs()
    {
        const uint Wanted = K.MemfdCloseOnExec | K.MemfdAllowSealing;
        int own = Own;
        int copy = (int)Sys.Call(Nr.MemfdCreate, (nint)"kerr-merge"u8.Start, (nint)(Wanted | K.MemfdExec));
        copy = copy == -E.INVAL ? (int)Sys.Call(Nr.MemfdCreate, (nint)"kerr-merge"u8.Start, (nint)Wanted) : copy;
        FileStatus status = default;
        int error = own < 0 ? own : copy < 0 ? copy : FileStatus.Read(own, &status);
        nint left = (nint)status.Size;
        while (error == 0 && left > 0)
        {
            nint sent = Sys.Call(Nr.Sendfile, copy, own, 0, left);
            error = sent > 0 ? 0 : sent < 0 ? (int)sent : -E.IO;
            left -= sent;
        }

        error = error < 0 ? error : Sys.Fcntl(copy, K.AddSeals, K.SealSeal | K.SealShrink | K.SealGrow | K.SealWrite);
        if (error < 0)
        {
            Sys.Close(copy);
        }

        return error < 0 ? error : copy;
    }

    /// <summary>A copy of a descriptor that survives exec, at 100 or above where the limits allow.</summary>
    private static int Raise(int descriptor)
    {
        int raised = Sys.Fcntl(descriptor, K.Dup, 100);
        return raised == -E.INVAL ? Sys.Fcntl(descriptor, K.Dup, 10) : raised;
    }

    private static byte* FirstShell(byte* shells)
    {
        while (shells != null && *shells != 0)
        {
            byte* end = Text.Find(shells, (byte)':');
            nint length = end == null ? Text.Length(shells) : (nint)(end - shells);
            byte* shell = Arena.Take(length + 1);
            *Text.Copy(shell, shells, length) = 0;
            if (Payload.IsExecutable(shell))
            {
                return shell;
            }

            shells = end == null ? null : end + 1;
        }

        return null;
    }

    private static bool Exists(void* path) => Sys.Call(Nr.Faccessat, K.AtCwd, (nint)path, 0) == 0;
}

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Xunit;

namespace Kerr.EndToEnd.Harness;

/// <summary>A started program. Wait for it, or dispose of it: then it is killed.</summary>
internal sealed unsafe class Running : IDisposable
{
    private readonly string commandLine;
    private readonly TimeSpan timeout;
    private readonly StreamText output;
    private readonly StreamText? errors;
    private readonly int terminal;
    private bool ended;

    private Running(int pid, string commandLine, TimeSpan timeout, StreamText output, StreamText? errors, int terminal)
    {
        Pid = pid;
        this.commandLine = commandLine;
        this.timeout = timeout;
        this.output = output;
        this.errors = errors;
        this.terminal = terminal;
    }

    public int Pid { get; }

    /// <summary>What it printed until now; on a terminal both streams.</summary>
    public string Out => output.Text;

    public string Err => errors?.Text ?? "";

    /// <summary>Starts a program with exactly these arguments; it leads a process group, or with a terminal a session.</summary>
    public static Running Start(Caller caller, IReadOnlyList<string> command, bool terminal)
    {
        byte* actions = stackalloc byte[1024], attributes = stackalloc byte[1024], signals = stackalloc byte[1024];
        LibC.posix_spawn_file_actions_init(actions);
        LibC.posix_spawnattr_init(attributes);
        using var memory = new NativeText();
        int* ends = stackalloc int[6];
        int master = -1;
        if (terminal)
        {
            master = OpenTerminal(caller.User, out string slave);
            byte* path = memory.Add(slave);
            LibC.posix_spawn_file_actions_addopen(actions, 0, path, LibC.OpenReadWrite, 0);     // a session leader's first terminal is its own
            LibC.posix_spawn_file_actions_adddup2(actions, 0, 1);
            LibC.posix_spawn_file_actions_adddup2(actions, 0, 2);
        }
        else
        {
            for (int i = 0; i < 3; i++)
            {
                Check(LibC.pipe2(ends + (2 * i), LibC.OpenCloseOnExec), "pipe2");
                int end = ends[(2 * i) + (i == 0 ? 0 : 1)];
                LibC.posix_spawn_file_actions_adddup2(actions, end, i);
                if (caller.User is { } user)
                {
                    Check(LibC.fchown(end, user.Uid, user.Gid), "fchown");      // or /dev/stdout cannot be opened
                }
            }
        }

        LibC.posix_spawn_file_actions_addclosefrom_np(actions, 3);      // what we inherited is not the caller's
        LibC.posix_spawn_file_actions_addchdir_np(actions, memory.Add(caller.WorkingDirectory));
        LibC.posix_spawnattr_setpgroup(attributes, 0);
        LibC.sigfillset(signals);
        LibC.posix_spawnattr_setsigdefault(attributes, signals);
        LibC.sigemptyset(signals);
        LibC.posix_spawnattr_setsigmask(attributes, signals);
        LibC.posix_spawnattr_setflags(
            attributes, (short)((terminal ? LibC.SetSession : LibC.SetProcessGroup) | LibC.SetSignalDefaults | LibC.SetSignalMask));

        int pid;
        int error = LibC.posix_spawnp(
            &pid, memory.Add(command[0]), actions, attributes, memory.Add(command), memory.Add(caller.Environment));
        LibC.posix_spawn_file_actions_destroy(actions);
        LibC.posix_spawnattr_destroy(attributes);
        string line = string.Join(' ', command);
        Assert.True(error == 0, $"cannot start {line}: error {error}");

        if (terminal)
        {
            return new Running(pid, line, caller.Timeout, new StreamText(master), null, master);
        }

        LibC.close(ends[0]);
        LibC.close(ends[3]);
        LibC.close(ends[5]);
        Feed(ends[1], caller.Input);
        return new Running(pid, line, caller.Timeout, new StreamText(ends[2]), new StreamText(ends[4]), -1);
    }

    /// <summary>Waits for its end; kills it, and fails, when that takes too long.</summary>
    public Result Wait()
    {
        int status = Await(LibC.WaitNoHang, static _ => true, "its end");
        ended = true;
        // Who keeps the streams open is a process that stayed behind.
        bool closed = output.AwaitEnd(TimeSpan.FromSeconds(5)) & (errors?.AwaitEnd(TimeSpan.FromSeconds(5)) ?? true);
        int signal = status & 0x7F;
        var result = new Result(commandLine, signal == 0 ? (status >> 8) & 0xFF : -1, signal, Out, Err);
        Assert.True(closed, $"something keeps the streams open after the end of:\n{result}");
        return result;
    }

    /// <summary>Waits until a stop signal holds it.</summary>
    public void WaitUntilStopped() => Await(LibC.WaitNoHang | LibC.WaitUntraced, static status => (status & 0xFF) == 0x7F, "its being stopped");

    /// <summary>Waits until the output has the text in it.</summary>
    public Running WaitFor(string text)
    {
        var clock = Stopwatch.StartNew();
        while (!Out.Contains(text, StringComparison.Ordinal))
        {
            if (clock.Elapsed > timeout || (output.AwaitEnd(TimeSpan.Zero) && !Out.Contains(text, StringComparison.Ordinal)))
            {
                Kill();
                Assert.Fail($"no {text} came from {commandLine}\n--- output\n{Out}\n--- errors\n{Err}\n---");
            }

            Thread.Sleep(2);
        }

        return this;
    }

    public Running Signal(int signal)
    {
        Check(LibC.kill(Pid, signal), "kill");
        return this;
    }

    /// <summary>Types on its terminal.</summary>
    public Running Type(string text)
    {
        fixed (byte* bytes = Encoding.Latin1.GetBytes(text))
        {
            Assert.Equal(text.Length, (int)LibC.write(terminal, bytes, text.Length));
        }

        return this;
    }

    public void Dispose()
    {
        if (!ended)
        {
            Kill();
        }
    }

    private void Kill()
    {
        ended = true;
        _ = LibC.kill(-Pid, 9);
        _ = LibC.kill(Pid, 9);
        _ = LibC.waitpid(Pid, out _, 0);
    }

    private int Await(int options, Func<int, bool> wanted, string what)
    {
        var clock = Stopwatch.StartNew();
        for (int pause = 0; ; pause = Math.Min(pause + 1, 10))
        {
            int found = LibC.waitpid(Pid, out int status, options);
            Assert.True(found >= 0, $"waitpid lost {commandLine}");
            if (found == Pid && wanted(status))
            {
                return status;
            }

            if (clock.Elapsed > timeout)
            {
                Kill();
                Assert.Fail($"waited {timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s for {what}: {commandLine}\n--- output\n{Out}\n--- errors\n{Err}\n---");
            }

            Thread.Sleep(pause);
        }
    }

    private static int OpenTerminal(TestUser? user, out string slave)
    {
        int master = LibC.posix_openpt(LibC.OpenReadWrite | LibC.OpenNoTerminal | LibC.OpenCloseOnExec);
        Check(master, "posix_openpt");
        Check(LibC.grantpt(master), "grantpt");
        Check(LibC.unlockpt(master), "unlockpt");
        byte* name = stackalloc byte[64];
        Check(LibC.ptsname_r(master, name, 64), "ptsname_r");
        slave = Marshal.PtrToStringUTF8((nint)name)!;
        if (user is not null)
        {
            Check(LibC.lchown(slave, user.Uid, user.Gid), "chown of the terminal");
        }

        return master;
    }

    private static void Feed(int descriptor, string input)
    {
        // A pipe holds 64 KiB; who gives more than that needs a writer of its own.
        Assert.True(input.Length <= 65536, "at most 64 KiB of input");
        fixed (byte* bytes = Encoding.Latin1.GetBytes(input))
        {
            _ = LibC.write(descriptor, bytes, input.Length);
        }

        LibC.close(descriptor);
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw new InvalidOperationException($"{call}: error {Marshal.GetLastPInvokeError()}");
        }
    }
}

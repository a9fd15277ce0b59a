using System;

namespace Kerr.Starter;

/// <summary>Executes starter-user, the half of a launch that has no privilege: by the descriptor that was checked, with an empty environment.</summary>
internal static unsafe class UserHalf
{
    private const int MostNumbers = 6, DigitsSize = 24;

    /// <summary>
    /// Forks a half of the user's with a socket, and answers our end. It has dropped everything for good before it is executed.
    /// </summary>
    internal static int Start(ReadOnlySpan<byte> mode, int plan, int more, out int process)
    {
        int* ends = stackalloc int[2];
        int error = Sockets.Pair(ends);
        process = error < 0 ? error : Sys.Fork(K.SigChild);
        if (process == 0)
        {
            ulong* numbers = stackalloc ulong[] { (ulong)ends[1], (ulong)more };
            Privileges.Drop();
            Keep(ends[1]);
            Keep(more);
            Become(mode, plan, numbers, more < 0 ? 1 : 2, butChildren: true);
        }

        Sys.Close(ends[1]);
        if (process < 0)
        {
            Say.Fatal("a launch cannot be started"u8, process, "raise `ulimit -u` and `ulimit -n`, or end other processes"u8);
        }

        return ends[0];
    }

    /// <summary>Lets a descriptor survive exec, if there is one.</summary>
    internal static void Keep(int descriptor)
    {
        int error = descriptor < 0 ? 0 : Sys.Fcntl(descriptor, K.SetDescriptorFlags);
        if (error < 0)
        {
            Say.Fault("the descriptors of this launch cannot be handed on"u8, error);
        }
    }

    /// <summary>`starter-user MODE PLAN NUMBERS…`; never comes back.</summary>
    internal static void Become(ReadOnlySpan<byte> mode, int plan, ulong* numbers, int count, bool butChildren)
    {
        byte* texts = stackalloc byte[(MostNumbers + 1) * DigitsSize];
        byte** arguments = stackalloc byte*[MostNumbers + 4];
        byte* none = null;
        arguments[0] = (byte*)"starter-user"u8.Start;
        arguments[1] = (byte*)mode.Start;
        arguments[2] = texts;
        Text.Numbered(texts, ""u8, (ulong)plan);
        Keep(plan);
        for (int i = 0; i < count; i++)
        {
            arguments[3 + i] = texts + ((i + 1) * DigitsSize);
            Text.Numbered(arguments[3 + i], ""u8, numbers[i]);
        }

        int error = Entry.Restore(butChildren);
        error = error < 0 ? error : (int)Sys.Call(Nr.Execveat, Trust.UserHalf, (nint)(""u8).Start, (nint)arguments, (nint)(&none), K.AtEmptyPath);
        Say.Fatal("cannot execute starter-user"u8, error, "make install-setuid"u8);
    }
}

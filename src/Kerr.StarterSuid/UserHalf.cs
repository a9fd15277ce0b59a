using System;

namespace Kerr.Starter;

/// <summary>Executes starter-user, the half of a launch that has no privilege: by the descriptor that was checked, with an empty environment.</summary>
internal static unsafe class UserHalf
{
    private const int MostNumbers = 6, DigitsSize = 24;

    /// <summary>
    /// Forks a half of the user's that asks by a socket, and answers our end. It has dropped everything for good before it is executed.
    /// </summary>
    internal static int Start(ReadOnlySpan<byte> mode, int plan, out int process)
    {
        int* ends = stackalloc int[2];
        int error = Sockets.Pair(ends);
        process = error < 0 ? error : Sys.Fork(K.SigChild);
        if (process == 0)
        {
            ulong number = (ulong)ends[1];
            Privileges.Drop();
            Keep(plan);
            Keep(ends[1]);
            Become(mode, plan, &number, 1, butChildren: true);
        }

        Sys.Close(ends[1]);
        if (process < 0)
        {
            Say.Fatal("a launch cannot be started"u8, process, "raise `ulimit -u` and `ulimit -n`, or end other processes"u8);
        }

        return ends[0];
    }

    /// <summary>Lets a descriptor survive exec.</summary>
    internal static void Keep(int descriptor)
    {
        int error = Sys.Fcntl(descriptor, K.SetDescriptorFlags);
        if (error < 0)
        {
            Say.Fatal("the descriptors of this launch cannot be handed on"u8, error, "this is an error in kerr; please report it"u8);
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
        *Text.Number(texts, (ulong)plan) = 0;
        for (int i = 0; i < count; i++)
        {
            arguments[3 + i] = texts + ((i + 1) * DigitsSize);
            *Text.Number(arguments[3 + i], numbers[i]) = 0;
        }

        arguments[3 + count] = null;
        int error = Entry.Restore(butChildren);
        error = error < 0 ? error : (int)Sys.Call(Nr.Execveat, Trust.UserHalf, (nint)(""u8).Start, (nint)arguments, (nint)(&none), K.AtEmptyPath);
        Say.Fatal("cannot execute starter-user"u8, error, "make install-setuid"u8);
    }
}

/// <summary>Names that end in a number.</summary>
internal static unsafe class Names
{
    /// <summary>Writes words of ours, a number and NUL, and answers where the NUL is.</summary>
    internal static byte* Numbered(byte* to, ReadOnlySpan<byte> words, ulong number)
    {
        to = Text.Number(Text.Copy(to, words.Start, words.Length), number);
        *to = 0;
        return to;
    }
}

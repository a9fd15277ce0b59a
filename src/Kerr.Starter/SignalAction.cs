namespace Kerr.Starter;

/// <summary>What a process does on a signal, as the kernel has it: default or ignored, never a handler of ours.</summary>
internal unsafe struct SignalAction
{
    // handler, flags, restorer, mask
    private fixed ulong _words[4];

    internal static SignalAction Ignore()
    {
        SignalAction action = default;
        action._words[0] = K.SigIgnore;
        return action;
    }

    internal int Set(int signal)
    {
        fixed (ulong* words = _words)
        {
            return (int)Sys.Call(Nr.Sigaction, signal, (nint)words, 0, 8);
        }
    }

    internal readonly bool Ignores => _words[0] == K.SigIgnore;

    internal int Get(int signal)
    {
        fixed (ulong* words = _words)
        {
            return (int)Sys.Call(Nr.Sigaction, signal, 0, (nint)words, 8);
        }
    }

    internal int Exchange(int signal, ref SignalAction before)
    {
        fixed (ulong* words = _words)
        fixed (ulong* old = before._words)
        {
            return (int)Sys.Call(Nr.Sigaction, signal, (nint)words, (nint)old, 8);
        }
    }
}

using System.Threading;

namespace Kerr.Image.SquashFs.Codecs;

/// <summary>A library's decoders that nobody uses at the moment: made when calls meet, and kept for the next.</summary>
internal sealed unsafe class SpareContexts(delegate*<nint> create, delegate*<nint, void> free)
{
    // As many as threads that decode at once in the image server; any more are made and freed.
    private readonly nint[] _spare = new nint[12];

    ~SpareContexts()
    {
        foreach (nint context in _spare)
        {
            if (context != 0)
            {
                free(context);
            }
        }
    }

    internal nint Take()
    {
        for (int i = 0; i < _spare.Length; i++)
        {
            if (_spare[i] != 0 && Interlocked.Exchange(ref _spare[i], 0) is not 0 and nint context)
            {
                return context;
            }
        }

        return create();
    }

    internal void Give(nint context)
    {
        for (int i = 0; i < _spare.Length; i++)
        {
            if (_spare[i] == 0 && Interlocked.CompareExchange(ref _spare[i], context, 0) == 0)
            {
                return;
            }
        }

        free(context);
    }
}

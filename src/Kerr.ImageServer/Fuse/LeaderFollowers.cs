using System;
using System.Threading;
using Kerr.Linux.Memory;

namespace Kerr.ImageServer.Fuse;

/// <summary>
/// The threads of a session: one at a time leads, which is to wait for the next request; the others work or sleep.
/// <code>
///   following ──Lead──▶ leading ──Step down, a request is there──▶ working ──Lead──▶ leading, or following when another leads
///                                        └ long work: Promote wakes a follower, or starts a thread, to lead meanwhile
/// </code>
/// Were all of them to wait, each request would wake another one, on another processor, whose sleep is deep.
/// </summary>
/// <param name="start">Starts a thread that leads next; false when it cannot.</param>
/// <param name="most">How many threads there are at most, the first included.</param>
internal sealed unsafe class LeaderFollowers(Func<bool> start, int most)
{
    private readonly Lock _lock = new();
    private readonly int* _signal = (int*)AnonymousMemory.Take(sizeof(int));
    private int _threads = 1;
    private int _following;
    private bool _led;
    private bool _ended;

    internal int Threads => Volatile.Read(ref _threads);

    /// <summary>Comes back when the caller leads; false when the session is over.</summary>
    internal bool Lead()
    {
        while (true)
        {
            int seen;
            lock (_lock)
            {
                if (_ended || !_led)
                {
                    _led = !_ended;
                    return !_ended;
                }

                seen = *_signal;
                _following++;
            }

            Futex.Wait(_signal, seen);
            lock (_lock)
            {
                _following--;
            }
        }
    }

    /// <summary>The leader has a request to work on.</summary>
    internal void StepDown()
    {
        lock (_lock)
        {
            _led = false;
        }
    }

    /// <summary>Sees to it that somebody leads, now that the caller will be busy for long.</summary>
    internal void Promote()
    {
        lock (_lock)
        {
            if (_led || _ended || (_following == 0 && _threads == most))
            {
                return;
            }

            if (_following == 0)
            {
                _threads += start() ? 1 : 0;
                return;
            }

            ++*_signal;
        }

        Futex.Wake(_signal, 1);
    }

    /// <summary>There will be no more requests: all threads come back.</summary>
    internal void End()
    {
        lock (_lock)
        {
            _ended = true;
            ++*_signal;
        }

        Futex.Wake(_signal, int.MaxValue);
    }
}

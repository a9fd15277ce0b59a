using System;
using System.Threading;

namespace Kerr.Registry.Distribution;

/// <summary>How often, and after what pause, a transfer that failed is tried again.</summary>
/// <param name="Attempts">In a row without any progress.</param>
/// <param name="First">The pause after the first failure; it doubles, up to <paramref name="Longest"/>, less a random part.</param>
/// <param name="LongestAsked">A server that asks for more patience than this is not waited for.</param>
public sealed record RetryPolicy(int Attempts, TimeSpan First, TimeSpan Longest, TimeSpan LongestAsked)
{
    public static RetryPolicy Usual { get; } = new(5, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(120));

    /// <summary>Without a byte for so long, a connection counts as dead.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Waits before the next attempt.</summary>
    /// <param name="failures">How many there were.</param>
    /// <param name="asked">What the server asked for.</param>
    /// <exception cref="OperationCanceledException"/>
    public void Pause(int failures, TimeSpan? asked, CancellationToken cancel)
    {
        double most = Math.Min(First.TotalMilliseconds * Math.Pow(2, failures - 1), Longest.TotalMilliseconds);

        // Between half and all of it: a thousand jobs that failed together must not come back together.
        TimeSpan pause = asked ?? TimeSpan.FromMilliseconds(most * (0.5 + (Random.Shared.NextDouble() / 2)));
        if (cancel.WaitHandle.WaitOne(pause))
        {
            throw new OperationCanceledException(cancel);
        }
    }
}

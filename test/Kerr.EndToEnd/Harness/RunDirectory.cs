using System;

namespace Kerr.EndToEnd.Harness;

/// <summary>Goes when the last test is over; not when the process ends, which the runner gives 10 seconds for.</summary>
public sealed class RunDirectory : IDisposable
{
    public void Dispose() => Tree.RemoveRun();
}

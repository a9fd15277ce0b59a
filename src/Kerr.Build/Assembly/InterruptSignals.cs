using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Kerr.Build.Assembly;

/// <summary>While it lasts, SIGINT, SIGTERM and SIGHUP cancel instead of killing: what was begun must be taken away.</summary>
public sealed class InterruptSignals(CancellationTokenSource source) : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations =
    [
        On(PosixSignal.SIGINT, source), On(PosixSignal.SIGTERM, source), On(PosixSignal.SIGHUP, source),
    ];

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private static PosixSignalRegistration On(PosixSignal signal, CancellationTokenSource source)
        => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            source.Cancel();
        });
}

using System.IO;
using System.Threading;
using Kerr.Linux;

namespace Kerr.ImageServer;

/// <summary>Where errors of the image are told.</summary>
internal sealed class ServerLog
{
    private int _told;

    /// <summary>How many errors there were.</summary>
    internal int Told => _told;

    internal void Damaged(InvalidDataException damage) => Tell(damage.Message);

    internal void Failed(LinuxException failure) => Tell(failure.Message);

    private void Tell(string message)
    {
        Interlocked.Increment(ref _told);
        _ = message;
    }
}

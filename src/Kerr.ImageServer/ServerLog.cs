using System;
using System.IO;
using System.Threading;
using Kerr.Linux;

namespace Kerr.ImageServer;

/// <summary>Where errors of the image are told, while those who read it get EIO: the first few, since an image may be full of them.</summary>
internal sealed class ServerLog(string image, Action<string> tell)
{
    internal const int Most = 16;

    private int _told;

    internal void Damaged(InvalidDataException damage) => Tell($"image {image} is damaged: {damage.Message}");

    internal void Failed(LinuxException failure) => Tell($"image {image} cannot be read: {failure.Message}");

    internal void Unexpected(Exception error) => Tell($"image {image}: {error.GetType().Name}: {error.Message}");

    private void Tell(string message)
    {
        if (Volatile.Read(ref _told) < Most && Interlocked.Increment(ref _told) is <= Most and int count)
        {
            tell(count == Most ? message + " (further errors are not told)" : message);
        }
    }
}

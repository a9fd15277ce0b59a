using System;

namespace Kerr.Image;

/// <summary>The first line that Singularity 2 put before a file system to make the image executable.</summary>
internal static class LaunchLine
{
    /// <summary>How many bytes of a file must be read to see the line and the superblock behind it.</summary>
    internal const int Window = 4096;

    private static ReadOnlySpan<byte> LineEnd => " run-singularity\n"u8;

    /// <summary>Where the file system starts: behind the line, 0 where there is none.</summary>
    internal static int Length(ReadOnlySpan<byte> start)
    {
        int at = start.StartsWith("#!"u8) ? start.IndexOf(LineEnd) : -1;
        return at < 0 ? 0 : at + LineEnd.Length;
    }
}

using System.IO;

namespace Kerr.EndToEnd.Harness;

/// <summary>The file modes that tests use.</summary>
internal static class Modes
{
    /// <summary>0755.</summary>
    public const UnixFileMode Everybody = (UnixFileMode)0x1ED;

    /// <summary>0644.</summary>
    public const UnixFileMode Readable = (UnixFileMode)0x1A4;

    /// <summary>0700.</summary>
    public const UnixFileMode OwnerOnly = (UnixFileMode)0x1C0;
}

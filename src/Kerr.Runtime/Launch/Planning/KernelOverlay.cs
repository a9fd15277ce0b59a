namespace Kerr.Runtime.Launch.Planning;

/// <summary>File systems that the kernel's overlay does not take as a layer, by the magic numbers of statfs(2).</summary>
internal static class KernelOverlay
{
    private const long Lustre = 0x0BD00BD0, Gpfs = 0x47504653, PanFs = 0xAAD7AAEA, Ecryptfs = 0xF15F, Nfs = 0x6969, Fuse = 0x65735546;

    /// <summary>The name of a file system that cannot be any layer; null for all others.</summary>
    public static string? Refused(long type) => (type & 0xFFFFFFFF) switch
    {
        Lustre => "Lustre",
        Gpfs => "GPFS",
        PanFs => "PanFS",
        Ecryptfs => "eCryptfs",
        _ => null,
    };

    /// <summary>Whether it cannot be written through an overlay: it lacks what whiteouts need (RENAME_WHITEOUT, extended attributes).</summary>
    public static bool RefusesUpper(long type) => Refused(type) is not null || (type & 0xFFFFFFFF) is Nfs or Fuse;
}

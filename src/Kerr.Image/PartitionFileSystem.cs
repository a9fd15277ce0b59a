namespace Kerr.Image;

/// <summary>The file system in a partition, with the codes of SIF descriptors.</summary>
public enum PartitionFileSystem
{
    Unknown = 0,
    SquashFs = 1,
    Ext3 = 2,
    ImmutableObjects = 3,
    Raw = 4,

    /// <summary>A LUKS2 container with squashfs in it.</summary>
    EncryptedSquashFs = 5,

    /// <summary>A squashfs of a gocryptfs directory with a squashfs in it.</summary>
    GocryptFs = 6,
}

namespace Kerr.Cli.Options;

/// <summary>Options of <c>sif add</c>; the codes are the peers'.</summary>
internal static class SifAddOptions
{
    internal static readonly Option DataType = new("datatype", '\0', OptionKind.Number, OptionScope.None,
        "what the object is (needed): 1 definition file, 2 environment, 3 labels, 4 partition, 5 signature, 6 JSON, 7 other, "
        + "8 cryptographic message, 9 bill of materials, 10 OCI root index, 11 OCI blob")
    { Default = "0" };

    internal static readonly Option PartitionType = new("parttype", '\0', OptionKind.Number, OptionScope.None,
        "of a partition (needed): 1 system, 2 the system that a launch uses, 3 data, 4 overlay")
    { Default = "0" };

    internal static readonly Option PartitionFileSystem = new("partfs", '\0', OptionKind.Number, OptionScope.None,
        "of a partition (needed): 1 squashfs, 2 ext3, 3 object archive, 4 raw, 5 encrypted squashfs, 6 gocryptfs squashfs")
    { Default = "0" };

    internal static readonly Option PartitionArchitecture = new("partarch", '\0', OptionKind.Number, OptionScope.None,
        "of a partition (needed): 1 386, 2 amd64, 3 arm, 4 arm64, 5 ppc64, 6 ppc64le, 7 mips, 8 mipsle, 9 mips64, "
        + "10 mips64le, 11 s390x, 12 riscv64, 13 loong64")
    { Default = "0" };

    internal static readonly Option SignatureHash = new("signhash", '\0', OptionKind.Number, OptionScope.None,
        "of a signature (needed): 1 SHA-256, 2 SHA-384, 3 SHA-512, 4 BLAKE2s-256, 5 BLAKE2b-256")
    { Default = "0" };

    internal static readonly Option SignatureEntity = new("signentity", '\0', OptionKind.Text, OptionScope.None,
        "of a signature (needed): the fingerprint of the key, 40 hexadecimal digits")
    { ValueName = "HEX" };

    internal static readonly Option SbomFormat = new("sbomformat", '\0', OptionKind.Text, OptionScope.None,
        "of a bill of materials (needed): cyclonedx-json, cyclonedx-xml, github-json, spdx-json, spdx-rdf, spdx-tag-value, "
        + "spdx-yaml, syft-json")
    { ValueName = "NAME" };

    internal static readonly Option GroupId = new("groupid", '\0', OptionKind.Number, OptionScope.None,
        "the group that it is in, 0 for none")
    { Default = "0" };

    internal static readonly Option Link = new("link", '\0', OptionKind.Number, OptionScope.None,
        "the id of the object that it belongs to")
    { Default = "0", ValueName = "ID" };

    internal static readonly Option Alignment = new("alignment", '\0', OptionKind.Number, OptionScope.None,
        "its place in the file is a multiple of this; 4096 for partitions if not given")
    { Default = "0", ValueName = "BYTES" };

    internal static readonly Option FileName = new("filename", '\0', OptionKind.Text, OptionScope.None,
        "its name, at most 128 bytes")
    { ValueName = "NAME" };

    internal static readonly Option[] All =
    [
        DataType, PartitionType, PartitionFileSystem, PartitionArchitecture, SignatureHash, SignatureEntity, SbomFormat,
        GroupId, Link, Alignment, FileName,
    ];
}

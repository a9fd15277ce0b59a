namespace Kerr.Image.Sif;

/// <summary>What an object of a SIF file is, as its descriptor's first field says.</summary>
public enum SifDataType
{
    DefinitionFile = 0x4001,
    EnvironmentVariables = 0x4002,
    Labels = 0x4003,
    Partition = 0x4004,
    Signature = 0x4005,
    GenericJson = 0x4006,
    Generic = 0x4007,
    CryptoMessage = 0x4008,
    Sbom = 0x4009,
    OciRootIndex = 0x400A,
    OciBlob = 0x400B,
}

/// <summary>What a partition is for.</summary>
public enum SifPartitionType
{
    System = 1,

    /// <summary>The one system partition that a launch uses.</summary>
    PrimarySystem = 2,
    Data = 3,
    Overlay = 4,
}

/// <summary>The hash under a signature object.</summary>
public enum SifHashType
{
    Sha256 = 1,
    Sha384 = 2,
    Sha512 = 3,
    Blake2s256 = 4,
    Blake2b256 = 5,
}

/// <summary>How a cryptographic message is written down.</summary>
public enum SifMessageFormat
{
    OpenPgp = 1,
    Pem = 2,
}

/// <summary>What a cryptographic message is.</summary>
public enum SifMessageType
{
    ClearSignature = 0x100,
    RsaOaep = 0x200,
}

/// <summary>The notation of a bill of materials.</summary>
public enum SifSbomFormat
{
    CycloneDxJson = 1,
    CycloneDxXml = 2,
    GitHubJson = 3,
    SpdxJson = 4,
    SpdxRdf = 5,
    SpdxTagValue = 6,
    SpdxYaml = 7,
    SyftJson = 8,
}

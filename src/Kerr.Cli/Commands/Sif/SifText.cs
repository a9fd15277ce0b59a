using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Kerr.Image;
using Kerr.Image.Sif;

namespace Kerr.Cli.Commands.Sif;

/// <summary>How the commands of <c>sif</c> write codes, sizes and times: as the peers do, which scripts read.</summary>
internal static class SifText
{
    private const string Unknown = "Unknown";

    internal static string Of(SifDataType type) => type switch
    {
        SifDataType.DefinitionFile => "Def.FILE",
        SifDataType.EnvironmentVariables => "Env.Vars",
        SifDataType.Labels => "JSON.Labels",
        SifDataType.Partition => "FS",
        SifDataType.Signature => "Signature",
        SifDataType.GenericJson => "JSON.Generic",
        SifDataType.Generic => "Generic/Raw",
        SifDataType.CryptoMessage => "Cryptographic Message",
        SifDataType.Sbom => "SBOM",
        SifDataType.OciRootIndex => "OCI.RootIndex",
        SifDataType.OciBlob => "OCI.Blob",
        _ => Unknown,
    };

    internal static string Of(PartitionFileSystem fileSystem) => fileSystem switch
    {
        PartitionFileSystem.SquashFs => "Squashfs",
        PartitionFileSystem.Ext3 => "Ext3",
        PartitionFileSystem.ImmutableObjects => "Archive",
        PartitionFileSystem.Raw => "Raw",
        PartitionFileSystem.EncryptedSquashFs => "Encrypted squashfs",
        PartitionFileSystem.GocryptFs => "Gocryptfs squashfs",
        _ => Unknown,
    };

    /// <summary>The star marks the partition that a launch uses.</summary>
    internal static string Of(SifPartitionType type) => type switch
    {
        SifPartitionType.System => "System",
        SifPartitionType.PrimarySystem => "*System",
        SifPartitionType.Data => "Data",
        SifPartitionType.Overlay => "Overlay",
        _ => Unknown,
    };

    internal static string Of(SifHashType type) => type switch
    {
        SifHashType.Sha256 => "SHA-256",
        SifHashType.Sha384 => "SHA-384",
        SifHashType.Sha512 => "SHA-512",
        SifHashType.Blake2s256 => "BLAKE2s-256",
        SifHashType.Blake2b256 => "BLAKE2b-256",
        _ => Unknown,
    };

    internal static string Of(SifMessageFormat format) => format switch
    {
        SifMessageFormat.OpenPgp => "OpenPGP",
        SifMessageFormat.Pem => "PEM",
        _ => Unknown,
    };

    internal static string Of(SifMessageType type) => type switch
    {
        SifMessageType.ClearSignature => "Clear Signature",
        SifMessageType.RsaOaep => "RSA-OAEP",
        _ => Unknown,
    };

    internal static string Of(SifSbomFormat format) => format switch
    {
        SifSbomFormat.CycloneDxJson => "cyclonedx-json",
        SifSbomFormat.CycloneDxXml => "cyclonedx-xml",
        SifSbomFormat.GitHubJson => "github-json",
        SifSbomFormat.SpdxJson => "spdx-json",
        SifSbomFormat.SpdxRdf => "spdx-rdf",
        SifSbomFormat.SpdxTagValue => "spdx-tag-value",
        SifSbomFormat.SpdxYaml => "spdx-yaml",
        SifSbomFormat.SyftJson => "syft-json",
        _ => "unknown",
    };

    internal static string Architecture(string? name) => name ?? "unknown";

    /// <summary>The object or group that it belongs to.</summary>
    internal static string Link(SifDescriptor descriptor, string beforeMark) => descriptor.LinkedId == 0
        ? "NONE"
        : descriptor.LinksToGroup ? beforeMark + " (G)" : Number(descriptor.LinkedId);

    internal static string Group(SifDescriptor descriptor) => descriptor.GroupId == 0 ? "NONE" : Number(descriptor.GroupId);

    internal static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Bytes below 1 KiB, else whole units, rounded.</summary>
    internal static string Size(long bytes)
    {
        if (bytes < 1024)
        {
            return $"{Number(bytes)} B";
        }

        int unit = 0;
        long divisor = 1024;
        while (bytes / divisor >= 1024)
        {
            divisor *= 1024;
            unit++;
        }

        long half = bytes % divisor >= divisor / 2 ? 1 : 0;
        return $"{Number((bytes / divisor) + half)} {"KMGTPE"[unit]}iB";
    }

    /// <summary>In UTC, as Go prints it; a number that is no time of its calendar stays one.</summary>
    internal static string Time(long seconds)
    {
        const long LastSecond = 253_402_300_799;   // of 9999
        return seconds is > SifHeader.NoTime and <= LastSecond
            ? DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'", CultureInfo.InvariantCulture)
            : Number(seconds);
    }

    /// <summary>Text from the file, without what would move the cursor or colour a terminal.</summary>
    internal static string Printable(string text)
    {
        StringBuilder printable = new(text);
        for (int i = 0; i < printable.Length; i++)
        {
            if (printable[i] is < ' ' or '\x7f')
            {
                printable[i] = '?';
            }
        }

        return printable.ToString();
    }

    /// <summary>Lines of name and value; the values begin in one column, <paramref name="gap"/> behind the longest name.</summary>
    internal static string Table(List<(string Name, string Value)> rows, int gap, string indent)
    {
        int width = 0;
        foreach ((string name, _) in rows)
        {
            width = Math.Max(width, name.Length + 1);
        }

        StringBuilder text = new();
        foreach ((string name, string value) in rows)
        {
            text.Append(indent).Append(name).Append(':').Append(' ', width - name.Length - 1 + gap).Append(value).Append('\n');
        }

        return text.ToString();
    }
}

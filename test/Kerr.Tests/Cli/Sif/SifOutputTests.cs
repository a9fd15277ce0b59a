using System;
using Kerr.Cli.Commands.Sif;
using Kerr.Image;
using Kerr.Image.Sif;
using Xunit;

namespace Kerr.Tests.Cli.Sif;

public class SifOutputTests
{
    private const string Rule = "------------------------------------------------------------------------------\n";
    private const string Columns = "ID   |GROUP   |LINK    |SIF POSITION (start-end)  |TYPE\n";

    [Fact]
    public void An_empty_image_lists_the_columns_only() => Assert.Equal(Rule + Columns + Rule, ListCommand.Text([]));

    [Fact]
    public void The_list_has_a_line_for_each_object()
        => Assert.Equal(
            Rule + Columns + Rule
            + "1    |1       |NONE    |32768-32772               |FS (Raw/System/386)\n"
            + "2    |1       |NONE    |36864-40960               |FS (Squashfs/*System/unknown)\n"
            + "3    |NONE    |1   (G) |40960-42008               |Signature (SHA-256)\n"
            + "4    |1       |2       |42008-42009               |Cryptographic Message (PEM/RSA-OAEP)\n"
            + "5    |2       |NONE    |42009-42009               |SBOM (spdx-yaml)\n"
            + "6    |2       |NONE    |50000-9876543210          |JSON.Generic\n",
            ListCommand.Text([
                Partition(1, PartitionFileSystem.Raw, SifPartitionType.System, "386") with { Offset = 32768, Length = 4 },
                Partition(2, PartitionFileSystem.SquashFs, SifPartitionType.PrimarySystem, null) with { Offset = 36864, Length = 4096 },
                Object(3, SifDataType.Signature, SifExtra.Of(new SifSignature(SifHashType.Sha256, null)))
                    with { GroupId = 0, LinkedId = 1, LinksToGroup = true, Offset = 40960, Length = 1048 },
                Object(4, SifDataType.CryptoMessage, SifExtra.Of(new SifCryptoMessage(SifMessageFormat.Pem, SifMessageType.RsaOaep)))
                    with { LinkedId = 2, Offset = 42008, Length = 1 },
                Object(5, SifDataType.Sbom, SifExtra.Of(SifSbomFormat.SpdxYaml)) with { GroupId = 2, Offset = 42009 },
                Object(6, SifDataType.GenericJson) with { GroupId = 2, Offset = 50_000, Length = 9_876_493_210 },
            ]));

    [Theory]
    [InlineData(SifDataType.DefinitionFile, "Def.FILE")]
    [InlineData(SifDataType.EnvironmentVariables, "Env.Vars")]
    [InlineData(SifDataType.Labels, "JSON.Labels")]
    [InlineData(SifDataType.Generic, "Generic/Raw")]
    [InlineData(SifDataType.OciRootIndex, "OCI.RootIndex")]
    [InlineData(SifDataType.OciBlob, "OCI.Blob")]
    [InlineData((SifDataType)7, "Unknown")]
    public void The_list_names_the_type(SifDataType type, string name)
        => Assert.EndsWith($" |{name}\n", ListCommand.Text([Object(1, type)]), StringComparison.Ordinal);

    [Fact]
    public void A_header_without_id_times_and_architecture_leaves_them_out()
        => Assert.Equal(
            """
            Version:            01
            Descriptors Free:   48
            Descriptors Total:  48
            Descriptors Offset: 4096
            Descriptors Size:   27 KiB
            Data Offset:        32176
            Data Size:          0 B

            """,
            HeaderCommand.Text(new SifHeader("", null, Guid.Empty, SifHeader.NoTime, SifHeader.NoTime, 48, 48, 4096, 28080, 32176, 0)));

    [Fact]
    public void A_header_with_everything_has_its_values_in_one_column()
        => Assert.Equal(
            """
            Launch Script:        #!/usr/bin/env run-singularity
            Version:              01
            Primary Architecture: amd64
            ID:                   3fa802cc-358b-45e3-bcc0-69dc7a45f9f8
            Created At:           2020-06-30 00:01:56 +0000 UTC
            Modified At:          1970-01-01 00:00:00 +0000 UTC
            Descriptors Free:     46
            Descriptors Total:    48
            Descriptors Offset:   4096
            Descriptors Size:     27 KiB
            Data Offset:          32176
            Data Size:            9 KiB

            """,
            HeaderCommand.Text(new SifHeader(
                SifWriter.RunLaunchScript, "amd64", Guid.Parse("3fa802cc-358b-45e3-bcc0-69dc7a45f9f8"), 1593475316, 0, 46, 48, 4096, 28080,
                32176, 8784)));

    [Fact]
    public void Info_of_an_object_shows_times_and_name_where_it_has_them()
        => Assert.Equal(
            """
              Data Type:    JSON.Generic
              ID:           1
              Group ID:     1
              Linked ID:    NONE
              Offset:       32176
              Size:         2
              Created At:   2020-06-30 00:01:56 +0000 UTC
              Modified At:  2020-06-30 00:01:57 +0000 UTC
              Name:         data?[31m.json

            """,
            InfoCommand.Text(Object(1, SifDataType.GenericJson) with
            { Offset = 32176, Length = 2, CreatedAt = 1593475316, ModifiedAt = 1593475317, Name = "data\u001b[31m.json" }));

    [Fact]
    public void Info_of_a_partition()
        => Assert.Equal(
            """
              Data Type:        FS
              ID:               3
              Group ID:         2
              Linked ID:        1
              Offset:           40960
              Size:             262144
              Filesystem Type:  Gocryptfs squashfs
              Partition Type:   Overlay
              Architecture:     amd64

            """,
            InfoCommand.Text(Partition(3, PartitionFileSystem.GocryptFs, SifPartitionType.Overlay, "amd64") with
            { GroupId = 2, LinkedId = 1, Offset = 40960, Length = 262144 }));

    [Theory]
    [InlineData("12045C8C0B1004D058DE4BEDA20C27EE7FF7BA84")]
    [InlineData(null)]   // signatures with X.509 keys
    public void Info_of_a_signature_shows_the_fingerprint_where_it_has_one(string? fingerprint)
        => Assert.Equal(
            """
              Data Type:  Signature
              ID:         4
              Group ID:   NONE
              Linked ID:  1 (G)
              Offset:     303104
              Size:       1048
              Hash Type:  SHA-384

            """ + (fingerprint is null ? "" : $"  Entity:     {fingerprint}\n"),
            InfoCommand.Text(Object(4, SifDataType.Signature, SifExtra.Of(new SifSignature(SifHashType.Sha384, fingerprint))) with
            { GroupId = 0, LinkedId = 1, LinksToGroup = true, Offset = 303104, Length = 1048 }));

    [Fact]
    public void Info_of_a_message_a_bill_of_materials_and_an_OCI_object_ends_with_what_only_they_have()
    {
        string digest = "sha256:" + new string('a', 64);
        var message = new SifCryptoMessage(SifMessageFormat.OpenPgp, SifMessageType.ClearSignature);

        Assert.EndsWith("\n  Format Type:   OpenPGP\n  Message Type:  Clear Signature\n", Info(SifDataType.CryptoMessage, SifExtra.Of(message)), StringComparison.Ordinal);
        Assert.EndsWith("\n  Format:     github-json\n", Info(SifDataType.Sbom, SifExtra.Of(SifSbomFormat.GitHubJson)), StringComparison.Ordinal);
        Assert.EndsWith($"\n  Digest:     {digest}\n", Info(SifDataType.OciBlob, SifExtra.OfDigest(digest)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1 KiB")]
    [InlineData(1535, "1 KiB")]
    [InlineData(1536, "2 KiB")]
    [InlineData(1048575, "1024 KiB")]   // the unit is chosen before rounding
    [InlineData(1048576, "1 MiB")]
    [InlineData(long.MaxValue, "8 EiB")]
    public void Sizes_are_rounded_to_their_unit(long bytes, string text) => Assert.Equal(text, SifText.Size(bytes));

    [Theory]
    [InlineData(-1, "1969-12-31 23:59:59 +0000 UTC")]
    [InlineData(253_402_300_799, "9999-12-31 23:59:59 +0000 UTC")]
    [InlineData(253_402_300_800, "253402300800")]
    [InlineData(long.MinValue, "-9223372036854775808")]
    public void Times_that_no_calendar_has_stay_numbers(long seconds, string text) => Assert.Equal(text, SifText.Time(seconds));

    private static string Info(SifDataType type, byte[] extra) => InfoCommand.Text(Object(1, type, extra));

    private static SifDescriptor Partition(uint id, PartitionFileSystem fileSystem, SifPartitionType type, string? architecture)
        => Object(id, SifDataType.Partition, SifExtra.Of(new SifPartition(fileSystem, type, architecture)));

    private static SifDescriptor Object(uint id, SifDataType type, byte[]? extra = null) => new()
    {
        Index = (int)id - 1,
        DataType = type,
        Id = id,
        GroupId = 1,
        Offset = 0,
        Length = 0,
        CreatedAt = SifHeader.NoTime,
        ModifiedAt = SifHeader.NoTime,
        Extra = extra ?? new byte[SifDescriptor.ExtraSize],
    };
}

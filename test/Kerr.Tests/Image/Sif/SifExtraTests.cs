using System;
using System.IO;
using Kerr.Image;
using Kerr.Image.Sif;
using Xunit;

namespace Kerr.Tests.Image.Sif;

public class SifExtraTests
{
    private const string Digest = "sha256:a88b15e95042f7d5a1327c03c57e10bdc1cf5f5efc2968fc73c1a88b15e95042";
    private const string Fingerprint = "12045C8C0B1004D058DE4BEDA20C27EE7FF7BA84";

    [Fact]
    public void A_partition_is_two_numbers_and_an_architecture()
    {
        var partition = new SifPartition(PartitionFileSystem.Ext3, SifPartitionType.Overlay, "amd64");
        byte[] extra = SifExtra.Of(partition);

        Assert.Equal("0200000004000000303200", Convert.ToHexString(extra.AsSpan(0, 11)));
        Assert.Equal(partition, SifExtra.Partition(Descriptor(SifDataType.Partition, extra)));
    }

    [Theory]
    [InlineData(Fingerprint)]
    [InlineData(null)]          // X.509 signatures have none
    public void A_signature_is_a_hash_type_and_a_fingerprint(string? fingerprint)
    {
        var signature = new SifSignature(SifHashType.Sha384, fingerprint);

        Assert.Equal(signature, SifExtra.Signature(Descriptor(SifDataType.Signature, SifExtra.Of(signature))));
    }

    [Fact]
    public void A_message_is_its_format_and_type()
    {
        var message = new SifCryptoMessage(SifMessageFormat.Pem, SifMessageType.RsaOaep);
        byte[] extra = SifExtra.Of(message);

        Assert.Equal("0200000000020000", Convert.ToHexString(extra.AsSpan(0, 8)));
        Assert.Equal(message, SifExtra.CryptoMessage(Descriptor(SifDataType.CryptoMessage, extra)));
        Assert.Equal(
            SifSbomFormat.SpdxJson, SifExtra.Sbom(Descriptor(SifDataType.Sbom, SifExtra.Of(SifSbomFormat.SpdxJson))));
    }

    [Fact]
    public void An_OCI_object_has_its_digest_as_text()
        => Assert.Equal(Digest, SifExtra.OciDigest(Descriptor(SifDataType.OciBlob, SifExtra.OfDigest(Digest))));

    [Theory]
    [InlineData("")]
    [InlineData("sha256:")]
    [InlineData("sha256:../../../../../../../../../../../../../../../../../../../../../etc")]
    [InlineData("sha512:a88b15e95042f7d5a1327c03c57e10bdc1cf5f5efc2968fc73c1a88b15e95042")]
    [InlineData("sha256:A88B15E95042F7D5A1327C03C57E10BDC1CF5F5EFC2968FC73C1A88B15E95042")]
    public void What_is_no_digest_never_becomes_part_of_a_path(string text)
    {
        var extra = new byte[SifDescriptor.ExtraSize];
        System.Text.Encoding.ASCII.GetBytes(text, extra);

        Assert.Throws<InvalidDataException>(() => SifExtra.OciDigest(Descriptor(SifDataType.OciRootIndex, extra)));
        Assert.Throws<ArgumentException>(() => SifExtra.OfDigest(text));
    }

    [Fact]
    public void The_extra_bytes_are_not_read_as_those_of_another_type()
        => Assert.Throws<InvalidDataException>(
            () => SifExtra.Partition(Descriptor(SifDataType.Signature, new byte[SifDescriptor.ExtraSize])));

    private static SifDescriptor Descriptor(SifDataType type, byte[] extra)
        => new() { Index = 0, DataType = type, Id = 1, Offset = 0, Length = 0, Extra = extra };
}

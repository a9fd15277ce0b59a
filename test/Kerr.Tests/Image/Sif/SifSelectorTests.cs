using Kerr.Image;
using Kerr.Image.Sif;
using Xunit;

namespace Kerr.Tests.Image.Sif;

public class SifSelectorTests
{
    private static readonly SifDescriptor Partition = new()
    {
        Index = 0,
        DataType = SifDataType.Partition,
        Id = 3,
        GroupId = 1,
        LinkedId = 2,
        Name = "root",
        Offset = 0,
        Length = 0,
        Extra = SifExtra.Of(new SifPartition(PartitionFileSystem.SquashFs, SifPartitionType.System, "arm64")),
    };

    private static readonly SifDescriptor Signature = Partition with
    {
        DataType = SifDataType.Signature,
        GroupId = 0,
        LinkedId = 1,
        LinksToGroup = true,
        Extra = SifExtra.Of(new SifSignature(SifHashType.Sha256, null)),
    };

    [Fact]
    public void Nothing_set_means_everything() => Check(default, partition: true, signature: true);

    [Fact]
    public void Each_property_decides()
    {
        Check(new SifSelector { DataType = SifDataType.Partition }, partition: true, signature: false);
        Check(new SifSelector { Id = 3 }, partition: true, signature: true);
        Check(new SifSelector { Id = 4 }, partition: false, signature: false);
        Check(new SifSelector { GroupId = 1 }, partition: true, signature: false);
        Check(new SifSelector { GroupId = 0 }, partition: false, signature: true);
        Check(new SifSelector { LinkedId = 2 }, partition: true, signature: false);
        Check(new SifSelector { LinkedId = 1 }, partition: false, signature: false);        // that link is to a group
        Check(new SifSelector { LinkedGroupId = 1 }, partition: false, signature: true);
        Check(new SifSelector { LinkedGroupId = 2 }, partition: false, signature: false);   // that link is to an object
        Check(new SifSelector { PartitionType = SifPartitionType.System }, partition: true, signature: false);
        Check(new SifSelector { PartitionType = SifPartitionType.Data }, partition: false, signature: false);
        Check(new SifSelector { Architecture = "arm64" }, partition: true, signature: false);
        Check(new SifSelector { Architecture = "amd64" }, partition: false, signature: false);
        Check(new SifSelector { Name = "root" }, partition: true, signature: true);
        Check(new SifSelector { Name = "roo" }, partition: false, signature: false);
    }

    [Fact]
    public void All_properties_must_agree()
        => Check(new SifSelector { Id = 3, DataType = SifDataType.Signature }, partition: false, signature: true);

    [Fact]
    public void Finds_an_OCI_object_by_its_digest()
    {
        string digest = "sha256:" + new string('a', 64);
        SifDescriptor blob = Partition with { DataType = SifDataType.OciBlob, Extra = SifExtra.OfDigest(digest) };

        Assert.True(new SifSelector { Digest = digest }.Matches(blob));
        Assert.False(new SifSelector { Digest = digest.Replace('a', 'b') }.Matches(blob));
    }

    private static void Check(SifSelector selector, bool partition, bool signature)
    {
        Assert.Equal(partition, selector.Matches(Partition));
        Assert.Equal(signature, selector.Matches(Signature));
    }
}

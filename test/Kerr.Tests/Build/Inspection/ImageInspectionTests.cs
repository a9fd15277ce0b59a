using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.Build.Assembly;
using Kerr.Build.Inspection;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Kerr.Tests.Build.Inspection;

public sealed class ImageInspectionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_directory_is_read_by_its_files()
    {
        _directory.Write(".singularity.d/labels.json", """{"a":"1"}""");
        _directory.Write("scif/apps/hello/scif/runscript", "echo hello\n");

        ImageAttributes attributes = Inspect(_directory.Path);

        Assert.Equal("1", attributes.Labels["a"]);
        Assert.Equal("echo hello", attributes.Apps["hello"].Runscript);
        Assert.Empty(_warnings);
    }

    [Fact]
    public void Labels_that_cannot_be_read_are_a_warning()
    {
        _directory.Write(".singularity.d/labels.json", "{");
        _directory.Write(".singularity.d/runscript", "run");

        Assert.Equal("run", Inspect(_directory.Path).Runscript);
        Assert.Contains("labels.json", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_SIF_file_is_read_by_its_object_even_without_a_root()
    {
        string path = Sif(SifObject.Of(
            SifDataType.GenericJson, """{"data":{"attributes":{"runscript":"of the object"}}}"""u8.ToArray(), InspectMetadata.ObjectName));

        Assert.Equal("of the object", Inspect(path).Runscript);
    }

    [Fact]
    public void A_SIF_file_with_neither_object_nor_root_cannot_be_inspected()
        => Assert.Contains(
            "no root file system", Assert.Throws<UserException>(() => Inspect(Sif(SifObject.Of(SifDataType.Generic, [1])))).Message, StringComparison.Ordinal);

    [Fact]
    public void An_encrypted_root_is_named_as_the_reason()
    {
        string path = Sif(SifObject.Partition(
            new SifPartition(PartitionFileSystem.EncryptedSquashFs, SifPartitionType.PrimarySystem, "amd64"), new MemoryStream(new byte[100])));

        Assert.Contains("encrypted", Assert.Throws<UserException>(() => Inspect(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ext3_is_named_as_the_reason()
    {
        var image = new ImageFile("x.img", ImageKind.Ext3, new RootPartition(0, 0, PartitionFileSystem.Ext3, null, Primary: true, null));

        Assert.Contains("ext3", Assert.Throws<UserException>(() => ImageInspection.Of(image, _warnings.Add)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_that_is_no_JSON_makes_way_for_the_files()
    {
        string path = Sif(SifObject.Of(SifDataType.GenericJson, Encoding.UTF8.GetBytes("{"), InspectMetadata.ObjectName));

        Assert.Throws<UserException>(() => Inspect(path));
        Assert.Contains(InspectMetadata.ObjectName, Assert.Single(_warnings), StringComparison.Ordinal);
    }

    private ImageAttributes Inspect(string path)
    {
        using ImageFile image = ImageFile.Open(path);
        return ImageInspection.Of(image, _warnings.Add);
    }

    private string Sif(SifObject content)
    {
        string path = _directory.File("image.sif");
        using SafeFileHandle file = FileCalls.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x180);
        SifWriter.Create(file, Guid.NewGuid(), time: 0).Add(content, time: 0);
        return path;
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using Kerr.Registry.Distribution;
using Kerr.Registry.Layers;
using Kerr.Registry.Sources;
using Xunit;

namespace Kerr.Tests.Registry.Layers;

/// <summary>What layers make when they are laid over each other, and what hostile ones do not. Layers are written the lowermost first.</summary>
public sealed class LayerMergeTests
{
    [Fact]
    public void The_uppermost_layer_counts()
        => Assert.Equal(["a=new", "d/", "d/y=2", "b=old", "d/x=1"], Merge(
            new TarBytes().File("a", "old").File("b", "old").Directory("d").File("d/x", "1"),
            new TarBytes().File("a", "new").Directory("d").File("d/y", "2")));

    [Fact]
    public void Whiteouts_delete_from_lower_layers_only()
        => Assert.Equal(["d/", "d/x=again", "d/z="], Merge(
            new TarBytes().Directory("d").File("d/x", "1").File("d/y").Directory("e").File("e/deep"),
            new TarBytes().File("d/.wh.x").File("d/.wh.y").File(".wh.e").Directory("d").File("d/x", "again").File("d/z")));

    [Fact]
    public void An_opaque_directory_hides_what_was_in_it()
        => Assert.Equal(["d/", "d/new=", "top="], Merge(
            new TarBytes().Directory("d").File("d/old").Directory("d/sub").File("d/sub/x").File("top"),
            new TarBytes().Directory("d").File("d/new").File("d/.wh..wh..opq")));

    [Fact]
    public void Book_keeping_of_aufs_is_left_out()
        => Assert.Equal(["x="], Merge(new TarBytes().File("x").Directory(".wh..wh.plnk").File(".wh..wh.aufs")));

    [Fact]
    public void A_file_replaces_a_directory_and_the_other_way_round()
        => Assert.Equal(["a=file", "b/", "b/x="], Merge(
            new TarBytes().Directory("a").File("a/x").File("b", "file"),
            new TarBytes().File("a", "file").Directory("b").File("b/x")));

    [Fact]
    public void A_directory_that_came_back_is_empty()
        => Assert.Equal(["a/"], Merge(
            new TarBytes().Directory("a").File("a/x"), new TarBytes().File("a", "file"), new TarBytes().Directory("a")));

    [Fact]
    public void Directories_that_no_layer_tells_about_are_made()
        => Assert.Equal(["a/b/x=", "a/", "a/b/"], Merge(new TarBytes().File("a/b/x")));

    [Fact]
    public void Hard_links_stay_in_one_layer_and_across_layers()
        => Assert.Equal(["l2~f", "k=new", "f=data", "l1~f"], Sorted(["l2~f", "k=new", "f=data", "l1~f"], Merge(
            new TarBytes().File("f", "data").HardLink("l1", "f").File("k", "old"),
            new TarBytes().HardLink("l2", "f").File("k", "new"))));

    [Fact]
    public void A_hard_link_to_what_an_upper_layer_replaced_keeps_the_old_content()
        => Assert.Equal(["f=new", "l1=data", "l2~l1"], Merge(
            new TarBytes().File("f", "data").HardLink("l1", "f").HardLink("l2", "f"), new TarBytes().File("f", "new")));

    [Fact]
    public void A_hard_link_to_what_its_own_layer_deletes_keeps_the_content()
        => Assert.Equal(["l=data"], Merge(new TarBytes().File("f", "data"), new TarBytes().HardLink("l", "f").File(".wh.f")));

    [Fact]
    public void Of_a_repeated_name_the_last_counts()
        => Assert.Equal(["x=3", "y="], Merge(new TarBytes().File("x", "1").File("x", "2").File("x", "3").File("y")));

    [Fact]
    public void A_file_below_a_link_of_a_lower_layer_goes_where_the_link_leads()
        => Assert.Equal(["usr/bin/tool=t", "bin>usr/bin", "usr/", "usr/bin/", "usr/bin/sh="], Merge(
            new TarBytes().Link("bin", "usr/bin").Directory("usr").Directory("usr/bin").File("usr/bin/sh"), new TarBytes().File("bin/tool", "t")));

    [Fact]
    public void A_whiteout_below_a_link_of_its_layer_deletes_where_the_link_leads()
        => Assert.Equal(["l>d", "d/"], Merge(new TarBytes().Directory("d").File("d/x"), new TarBytes().Link("l", "d").File("l/.wh.x")));

    [Fact]
    public void Names_lose_what_leads_nowhere()
        => Assert.Equal(["etc/passwd=", "a/", "a/b=", "etc/"], Merge(new TarBytes().File("/etc/passwd").Directory("./").Directory("./a/").File("a//./b")));

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("/..")]
    [InlineData(".wh...")]          // deletes ".."
    [InlineData("a/.wh..")]         // deletes "."
    [InlineData("a/.wh.")]
    public void Names_that_lead_out_are_refused(string name)
        => Assert.Throws<InvalidDataException>(() => Merge(new TarBytes().Directory("a").File(name)));

    [Fact]
    public void The_root_is_not_replaced()
    {
        Assert.Throws<InvalidDataException>(() => Merge(new TarBytes().Link("./", "/etc")));
        Assert.Throws<InvalidDataException>(() => Merge(new TarBytes().Link("/", "/etc")));
        Assert.Throws<InvalidDataException>(() => Merge(new TarBytes().File(".", "x")));
    }

    [Fact]
    public void A_file_through_a_link_out_of_the_image_stays_inside()
        => Assert.Equal(["out>../../../etc", "etc/passwd=evil", "etc/"], Merge(new TarBytes().Link("out", "../../../etc").File("out/passwd", "evil")));

    [Fact]
    public void Links_that_lead_in_a_circle_are_refused()
        => Assert.Throws<InvalidDataException>(() => Merge(new TarBytes().Link("a", "b").Link("b", "a").File("a/x")));

    [Theory]
    [InlineData("../../etc/shadow")]
    [InlineData("nosuch")]
    public void Hard_links_to_nothing_in_the_image_are_refused(string target)
        => Assert.Throws<InvalidDataException>(() => Merge(new TarBytes().HardLink("l", target)));

    [Fact]
    public void Hard_links_in_a_circle_are_refused()
        => Assert.Throws<InvalidDataException>(() => Merge(new TarBytes().HardLink("a", "b").HardLink("b", "a")));

    [Fact]
    public void A_file_that_is_a_directory_in_the_same_layer_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => Merge(new TarBytes().File("a").File("a/x")));
        Assert.Throws<InvalidDataException>(() => Merge(new TarBytes().File("a/x").File("a")));
    }

    [Fact]
    public void Owners_modes_and_attributes_stay()
    {
        byte[] tar = MergeBytes(false, new TarBytes().Directory("d", 0b001_111_000_000, uid: 70_000)
            .File("f", "x", 0b100_111_101_101, new TarAttribute("user.a", [1]), new TarAttribute("security.capability", [2]), new TarAttribute("security.selinux", [3])));
        var reader = new TarReader(new MemoryStream(tar));

        TarEntry directory = reader.Next()!, file = reader.Next()!;
        Assert.Equal((0b001_111_000_000, 70_000u), (directory.Mode, directory.Uid));
        Assert.Equal(0b100_111_101_101, file.Mode);
        Assert.Equal(["user.a", "security.capability"], [file.Attributes[0].Name, file.Attributes[1].Name]);
        Assert.Equal(2, file.Attributes.Count);
    }

    [Fact]
    public void Permissions_are_fixed_only_when_asked()
    {
        var layer = new TarBytes().Directory("d", 0).File("f", "x", 0b000_000_100);
        var reader = new TarReader(new MemoryStream(MergeBytes(true, layer)));

        Assert.Equal(0b111_000_000, reader.Next()!.Mode);
        Assert.Equal(0b110_000_100, reader.Next()!.Mode);
    }

    private static List<string> Sorted(List<string> expected, List<string> found)
    {
        // Links come behind what they lead to; apart from that, any order will do.
        Assert.True(found.IndexOf("f=data") < found.IndexOf("l2~f"));
        found.Sort((a, b) => expected.IndexOf(a).CompareTo(expected.IndexOf(b)));
        return found;
    }

    private static List<string> Merge(params TarBytes[] layers) => TarBytes.Lines(MergeBytes(false, layers));

    private static byte[] MergeBytes(bool fix, params TarBytes[] layers)
    {
        var contents = new List<ImageLayer>();
        foreach (TarBytes layer in layers)
        {
            var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(layer.End());
            }

            contents.Add(new ImageLayer(() => new MemoryStream(packed.ToArray()), packed.Length));
        }

        using var image = new OciImage(new None(), OciConfig.Parse("{}"u8.ToArray()), contents, null);
        var knowledge = new MergeKnowledge();
        while (true)
        {
            var bytes = new MemoryStream();
            var output = new TarWriter(bytes);
            var merge = new LayerMerge(output, knowledge, fix);
            for (int i = contents.Count - 1; i >= 0; i--)
            {
                using Stream tar = LayerStream.Open(contents[i].Open());
                merge.Add(new TarReader(tar));
            }

            new HiddenLinks(merge, output).Write(image);
            merge.WriteImpliedDirectories(0);
            if (!merge.MustBeRepeated)
            {
                output.Finish();
                return bytes.ToArray();
            }
        }
    }

    private sealed class None : IBlobSource
    {
        public Stream Open(BlobDescriptor blob) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}

using System;
using System.IO;
using System.Security.Cryptography;
using Kerr.Cli.Commands;
using Kerr.Cli.Options;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Linux;
using Xunit;

namespace Kerr.Tests.Cli.Sif;

public sealed class SifChangeTests : IDisposable
{
    private static readonly string[] s_primary = ["--datatype", "4", "--parttype", "2", "--partfs", "1", "--partarch", "2"];
    private static readonly string[] s_system = ["--datatype", "4", "--parttype", "1", "--partfs", "4", "--partarch", "11"];

    private readonly TemporaryDirectory _directory = new();
    private readonly string _image;

    public SifChangeTests()
    {
        _image = _directory.File("image.sif");
        Run("new", _image);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_new_image_has_an_id_a_launch_script_and_no_objects()
    {
        SifImage image = Read();

        Assert.NotEqual(Guid.Empty, image.Header.Id);
        Assert.Equal("#!/usr/bin/env run-singularity\n", image.Header.LaunchScript);
        Assert.Equal(48, image.Header.DescriptorsFree);
        Assert.Empty(image.Descriptors);
    }

    [Fact]
    public void New_empties_what_has_the_name()
    {
        File.WriteAllBytes(_image, new byte[100_000]);
        Run("new", _image);

        Assert.Equal(32176, new FileInfo(_image).Length);
        Assert.Contains("not a file", Fails("new", _directory.Path).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_is_added_as_the_options_say()
    {
        Add("{}", "--datatype", "6", "--groupid", "3", "--filename", "data.json");
        Add("root", [.. s_primary, "--groupid", "1"]);
        Add("sig", "--datatype", "5", "--signhash", "2", "--signentity", "433FE984155206BD962725E20E8713472A879943", "--link", "2");

        SifImage image = Read();
        Assert.Equal("amd64", image.Header.Architecture);
        SifDescriptor json = image.Descriptors[0], root = image.Descriptors[1], signature = image.Descriptors[2];
        Assert.Equal((SifDataType.GenericJson, 3u, "data.json", 32176L, 2L), (json.DataType, json.GroupId, json.Name, json.Offset, json.Length));
        Assert.Equal(new SifPartition(PartitionFileSystem.SquashFs, SifPartitionType.PrimarySystem, "amd64"), SifExtra.Partition(root));
        Assert.Equal((1u, 32768L), (root.GroupId, root.Offset));
        Assert.Equal(new SifSignature(SifHashType.Sha384, "433FE984155206BD962725E20E8713472A879943"), SifExtra.Signature(signature));
        Assert.Equal((0u, 2u, false), (signature.GroupId, signature.LinkedId, signature.LinksToGroup));
        Assert.Equal("root"u8.ToArray(), File.ReadAllBytes(_image)[32768..32772]);
    }

    [Fact]
    public void An_OCI_object_carries_the_digest_of_its_bytes()
    {
        Add("blob", "--datatype", "11");

        Assert.Equal("sha256:" + Convert.ToHexStringLower(SHA256.HashData("blob"u8)), SifExtra.OciDigest(Read().Descriptors[0]));
    }

    [Theory]
    [InlineData("4096", 32768)]
    [InlineData("65536", 65536)]
    [InlineData("1", 32177)]
    [InlineData("0", 32177)]
    [InlineData("-5", 32177)]
    public void Alignment_decides_the_place(string alignment, long offset)
    {
        Add("x", "--datatype", "7");
        Add("y", [.. s_system, "--alignment", alignment]);

        Assert.Equal(offset, Read().Descriptors[1].Offset);
    }

    [Fact]
    public void An_object_without_bytes_lies_in_the_file()
    {
        Add("", s_system);

        Assert.Equal(32768, Assert.Single(Read().Descriptors).Offset);
    }

    [Theory]
    [InlineData("--datatype is needed")]
    [InlineData("--datatype is 12", "--datatype", "12")]
    [InlineData("--partfs is needed", "--datatype", "4", "--parttype", "1", "--partarch", "2")]
    [InlineData("--partarch is 14", "--datatype", "4", "--parttype", "1", "--partfs", "1", "--partarch", "14")]
    [InlineData("--signhash is needed", "--datatype", "5", "--signentity", "433FE984155206BD962725E20E8713472A879943")]
    [InlineData("of 40 digits, not 2", "--datatype", "5", "--signhash", "1", "--signentity", "43")]
    [InlineData("hexadecimal", "--datatype", "5", "--signhash", "1", "--signentity", "x33FE984155206BD962725E20E8713472A879943")]
    [InlineData("needs --sbomformat", "--datatype", "9")]
    [InlineData("no format \"x\"", "--datatype", "9", "--sbomformat", "x")]
    [InlineData("--link is 0", "--datatype", "7", "--link", "0")]
    [InlineData("--groupid is 268435456", "--datatype", "7", "--groupid", "0x10000000")]   // a bit that marks groups
    [InlineData("--groupid is -1", "--datatype", "7", "--groupid", "-1")]
    public void Options_without_sense_are_refused(string problem, params string[] options)
        => Assert.Contains(problem, Assert.Throws<UsageException>(() => Add("x", options)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_name_of_128_bytes_is_the_longest()
    {
        Add("x", "--datatype", "7", "--filename", new string('n', 128));

        Assert.Equal(128, Read().Descriptors[0].Name.Length);
        Assert.Throws<UsageException>(() => Add("x", "--datatype", "7", "--filename", new string('n', 129)));
    }

    [Fact]
    public void What_cannot_be_added_leaves_the_image_as_it_was()
    {
        Add("root", s_primary);
        byte[] before = File.ReadAllBytes(_image);

        Assert.Contains("primary partition already: object 1", Assert.Throws<UserException>(() => Add("more", s_primary)).Message, StringComparison.Ordinal);
        Assert.Contains("is the image", Fails("add", "--datatype", "7", _image, _image).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Fails("add", "--datatype", "7", _image, _directory.File("none")).Message, StringComparison.Ordinal);
        Assert.Contains("is a directory", Fails("add", "--datatype", "7", _image, _directory.Path).Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_image));
    }

    [Fact]
    public void A_full_image_takes_no_more()
    {
        for (int i = 0; i < 48; i++)
        {
            Add("x", "--datatype", "7");
        }

        Assert.Contains("is full", Assert.Throws<UserException>(() => Add("x", "--datatype", "7")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Setprim_makes_the_other_an_ordinary_one()
    {
        Add("a", s_primary);
        Add("b", s_system);
        Add("c", "--datatype", "7");

        Run("setprim", "2", _image);

        SifImage image = Read();
        Assert.Equal(2u, image.PrimaryPartition!.Id);
        Assert.Equal(SifPartitionType.System, SifExtra.Partition(image.Descriptors[0]).Type);
        Assert.Equal("s390x", image.Header.Architecture);
        Assert.Contains("not a system partition", Fails("setprim", "3", _image).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Del_takes_the_object_and_its_architecture_away()
    {
        Add("a", s_primary);
        Add("b", "--datatype", "7");

        Run("del", "1", _image);

        SifImage image = Read();
        Assert.Equal(2u, Assert.Single(image.Descriptors).Id);
        Assert.Null(image.Header.Architecture);
        Assert.Contains("has no object 1", Fails("del", "1", _image).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("info")]
    [InlineData("dump")]
    [InlineData("del")]
    [InlineData("setprim")]
    public void Ids_are_numbers_above_0(string verb)
    {
        Assert.Throws<UsageException>(() => Run(verb, "0", _image));
        Assert.Throws<UsageException>(() => Run(verb, "x", _image));
        Assert.Throws<UsageException>(() => Run(verb, "4294967296", _image));
        Assert.Contains("has no object 9", Fails(verb, "9", _image).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("header")]
    [InlineData("list")]
    public void What_is_no_SIF_file_is_named(string verb)
    {
        Assert.Contains("no such file", Fails(verb, _directory.File("none")).Message, StringComparison.Ordinal);
        Assert.Contains("a directory", Fails(verb, _directory.Path).Message, StringComparison.Ordinal);
        Assert.Contains("empty", Fails(verb, _directory.Write("empty", "")).Message, StringComparison.Ordinal);
        Assert.Contains("something else", Fails(verb, _directory.Write("text", "text")).Message, StringComparison.Ordinal);
        Assert.Contains("damaged", Fails(verb, _directory.Write("cut", File.ReadAllBytes(_image).AsSpan(0, 100))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Failures_of_all_of_them_end_with_1_as_the_peers_do()
    {
        foreach (CommandEntry entry in CommandTable.In("sif"))
        {
            Assert.Equal(1, entry.Declare().FailureCode);
        }
    }

    private void Add(string content, params string[] options) => Run(["add", .. options, _image, _directory.Write("content", content)]);

    private SifImage Read() => SifImage.Read(new MemoryRange(File.ReadAllBytes(_image)));

    private static UserException Fails(params string[] arguments) => Assert.Throws<UserException>(() => Run(arguments));

    private static void Run(params string[] arguments)
    {
        Invocation invocation = CommandLines.Parse(["siftool", .. arguments]);
        Assert.Equal(0, invocation.Command.Run!(invocation));
    }
}

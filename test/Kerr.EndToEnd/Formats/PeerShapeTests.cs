using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Formats;

/// <summary>SIF files laid out as the peers lay them out, byte by byte and without our writer.</summary>
public class PeerShapeTests
{
    private const int Page = 4096, TableAt = Page, Slots = 48, DescriptorSize = 585, TableEnd = TableAt + (Slots * DescriptorSize);
    private const int DefinitionFile = 0x4001, Partition = 0x4004, Signature = 0x4005, Json = 0x4006;
    private const uint Group = 0xF000_0001;
    private const string Text = "BootStrap: docker\nFrom: busybox:1.33.1\n";

    // What is in no file of the image: it can be seen in the object alone.
    private const string Metadata = """
        {"data":{"attributes":{"labels":{"org.label-schema.build-arch":"amd64","written.by":"a peer"},"deffile":"BootStrap: docker\n","runscript":"#!/bin/sh\necho of the object"}},"type":"container"}
        """;

    /// <summary>Where things are, and what they are called.</summary>
    /// <param name="Aligned">Each object begins a page (until 2021); else the partition alone does.</param>
    /// <param name="Name">That of objects that have none.</param>
    /// <param name="Launch">The line that the kernel executes.</param>
    /// <param name="Signed">A signature of the group follows.</param>
    private sealed record Shape(bool Aligned, string Name, string Launch, bool Signed);

    private static readonly Dictionary<string, Shape> s_shapes = new()
    {
        ["Singularity 3.8, signed"] = new(true, ".", "#!/usr/bin/env run-singularity\n", true),
        ["Apptainer 1.5"] = new(false, "", "#!/usr/bin/env run-singularity\n", false),
        ["Apptainer 1.5, signed"] = new(false, "", "#!/usr/bin/env run-singularity\n", true),
        ["without a launch line"] = new(true, ".", "", false),
    };

    public static TheoryData<string> Shapes => [.. s_shapes.Keys];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_file_of_a_peer_runs_and_is_told_apart(string name)
    {
        Shape shape = s_shapes[name];
        string image = Write(shape, "02");

        foreach (Caller caller in (Caller[])[As.User, As.Root, As.Fakeroot])
        {
            caller.Run("exec", image, "cat", "/etc/os-release").Shows("ID=busybox-test");
        }

        As.User.Run("run", image).Prints("of the partition");
        As.User.Run("inspect", image).Prints("org.label-schema.build-arch: amd64\nwritten.by: a peer");
        As.User.Run("inspect", "--runscript", image).Shows("of the object");
        As.User.Run("sif", "dump", "1", image).Prints(Text.TrimEnd('\n'));
        string header = As.User.Run("sif", "header", image).Succeeds().Out;
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"Descriptors Free:     {Slots - (shape.Signed ? 5 : 4)}\n"), header, StringComparison.Ordinal);
        Assert.Equal(shape.Launch.Length > 0, header.Contains("Launch Script:        #!/usr/bin/env run-singularity", StringComparison.Ordinal));
        string[] list = Array.FindAll(As.User.Run("sif", "list", image).Succeeds().Lines, static line => line.Length > 0 && char.IsAsciiDigit(line[0]));
        Assert.Equal(
            ["Def.FILE", "JSON.Generic", "JSON.Generic", "FS (Squashfs/*System/amd64)", .. shape.Signed ? (string[])["Signature (SHA-256)"] : []],
            Array.ConvertAll(list, static line => line[(line.LastIndexOf('|') + 1)..]));
        Assert.Contains(shape.Aligned ? "|32768-" : "|32176-", list[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("04", "arm64")]
    [InlineData("06", "ppc64le")]
    [InlineData("11", "s390x")]
    [InlineData("12", "riscv64")]
    public void Its_code_of_a_processor_is_known(string code, string architecture)
    {
        string image = Write(s_shapes["Apptainer 1.5"], code);

        As.User.Run("exec", image, "true").IsFatal($"the image's architecture ({architecture}) could not run");
        As.User.Run("inspect", image).Shows("written.by: a peer");
        As.User.Run("sif", "header", image).Shows($"Primary Architecture: {architecture}\n");
    }

    private static string Write(Shape shape, string architecture)
    {
        byte[] partition = File.ReadAllBytes(Images.New().Script("/.singularity.d/runscript", "#!/bin/sh\necho of the partition\n").SquashFs("p.sqfs", "-comp", "gzip"));
        var file = new MemoryStream();
        file.SetLength(shape.Aligned ? (TableEnd + Page - 1) / Page * Page : TableEnd);
        long data = file.Length;
        var table = new List<byte[]>();
        void Add(int type, string name, uint group, uint link, byte[] content, byte[]? extra = null)
        {
            long start = shape.Aligned || type == Partition ? (file.Length + Page - 1) / Page * Page : file.Length;
            long before = file.Length;
            file.SetLength(start);
            file.Position = start;
            file.Write(content);
            table.Add(Descriptor(type, (uint)table.Count + 1, group, link, start, content.Length, start - before + content.Length, name, extra ?? []));
        }

        Add(DefinitionFile, shape.Name, Group, 0, Encoding.ASCII.GetBytes(Text));
        Add(Json, "inspect-metadata.json", Group, 0, Encoding.ASCII.GetBytes(Metadata));
        Add(Json, "oci-config.json", Group, 0, "{\"Env\":[\"PATH=/bin\"],\"Cmd\":[\"sh\"]}"u8.ToArray());
        Add(Partition, shape.Name, Group, 0, partition, [1, 0, 0, 0, 2, 0, 0, 0, .. Encoding.ASCII.GetBytes(architecture), 0]);
        if (shape.Signed)
        {
            Add(Signature, shape.Name, 0xF000_0000, Group, "-----BEGIN PGP SIGNED MESSAGE-----\n"u8.ToArray(), [1, 0, 0, 0, .. new byte[20]]);
        }

        byte[] bytes = file.ToArray();
        Encoding.ASCII.GetBytes(shape.Launch).CopyTo(bytes, 0);
        "SIF_MAGIC\0"u8.CopyTo(bytes.AsSpan(32));
        "01\0"u8.CopyTo(bytes.AsSpan(42));
        Encoding.ASCII.GetBytes(architecture).CopyTo(bytes, 45);
        Guid.Parse("4f307b4c-58a8-4753-9c0f-21dceefed4a6").ToByteArray(bigEndian: true).CopyTo(bytes, 48);
        long[] numbers = [1_627_931_376, 1_627_931_376, Slots - table.Count, Slots, TableAt, Slots * DescriptorSize, data, bytes.Length - data];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(64 + (8 * i)), numbers[i]);
        }

        for (int i = 0; i < table.Count; i++)
        {
            table[i].CopyTo(bytes, TableAt + (i * DescriptorSize));
        }

        string path = $"{Host.Directory()}/peer.sif";
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static byte[] Descriptor(int type, uint id, uint group, uint link, long offset, long size, long padded, string name, byte[] extra)
    {
        byte[] bytes = new byte[DescriptorSize];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, type);
        bytes[4] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(5), id);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(9), group);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(13), link);
        long[] numbers = [offset, size, padded, 1_627_931_376, 1_627_931_376, 0, 0];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(17 + (8 * i)), numbers[i]);
        }

        Encoding.ASCII.GetBytes(name).CopyTo(bytes, 73);
        extra.CopyTo(bytes, 201);
        return bytes;
    }
}

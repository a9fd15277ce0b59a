using System;
using Kerr.Image;
using Kerr.Image.Sandbox;
using Kerr.Linux.Files;
using Xunit;

namespace Kerr.Tests.Image;

public sealed class ElfArchitectureTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(62, 2, 1, "amd64")]
    [InlineData(62, 1, 1, null)]       // x32
    [InlineData(3, 1, 1, "386")]
    [InlineData(183, 2, 1, "arm64")]
    [InlineData(21, 2, 1, "ppc64le")]
    [InlineData(21, 2, 2, "ppc64")]
    [InlineData(22, 2, 2, "s390x")]
    [InlineData(243, 2, 1, "riscv64")]
    [InlineData(0, 2, 1, null)]
    public void Reads_class_byte_order_and_machine(int machine, byte bits, byte order, string? name)
        => Assert.Equal(name, ElfArchitecture.Of(Elf(machine, bits, order)));

    [Fact]
    public void A_script_or_a_cut_file_is_none()
    {
        Assert.Null(ElfArchitecture.Of("#!/bin/sh\nexec true and more\n"u8));
        Assert.Null(ElfArchitecture.Of(Elf(62, 2, 1).AsSpan(0, 19)));
        Assert.Null(ElfArchitecture.Of([]));
    }

    [Theory]
    [InlineData("bin/sh", "arm64")]
    [InlineData("usr/local/bin/only-program", "arm64")]
    [InlineData("app", "arm64")]
    [InlineData("opt/program", null)]
    public void Looks_where_an_image_has_its_programs(string path, string? name)
    {
        _directory.Write(path, Elf(183, 2, 1));
        _directory.Write("bin/script", "#!/bin/sh\n");
        using var tree = new SandboxTree(FileCalls.Open(_directory.Path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY));

        Assert.Equal(name, ElfArchitecture.Of(tree));
    }

    private static byte[] Elf(int machine, byte bits, byte order)
    {
        byte[] bytes = new byte[64];
        "\u007fELF"u8.CopyTo(bytes);
        bytes[4] = bits;
        bytes[5] = order;
        bytes[order == 1 ? 18 : 19] = (byte)machine;
        bytes[order == 1 ? 19 : 18] = (byte)(machine >> 8);
        return bytes;
    }
}

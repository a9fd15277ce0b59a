using System;
using System.IO;
using System.Linq;
using System.Text;
using Kerr.Build.Assembly;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Kerr.Tests.Build.Assembly;

public sealed class SifAssemblyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public SifAssemblyTests() => Fill("a/root");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("zstd")]
    [InlineData("gzip")]
    public void Makes_an_image_that_holds_the_directory(string compression)
    {
        Need.Program("mksquashfs");
        string target = _directory.File("x.sif");
        Guid id = SifAssembly.Build(_directory.File("a/root"), target, new SifAssemblyOptions { Compression = compression, OciConfig = "{}"u8.ToArray() });

        using ImageFile image = ImageFile.Open(target);
        using IImageTree tree = ImageTree.Open(image)!;
        Assert.Equal(("arm64", compression), (image.Architecture, image.RequireRoot().Compression));
        Assert.Equal((SifWriter.RunLaunchScript, id), (image.Sif!.Header.LaunchScript, image.Sif.Header.Id));
        Assert.Equal("hello\n"u8.ToArray(), tree.ReadFile("/etc/motd", 100));
        Assert.Equal(
            [
                (SifDataType.DefinitionFile, "", 1u), (SifDataType.GenericJson, "inspect-metadata.json", 1u),
                (SifDataType.GenericJson, "oci-config.json", 1u), (SifDataType.Partition, "", 1u),
            ],
            image.Sif.Descriptors.Select(d => (d.DataType, d.Name, d.GroupId)));
        Assert.Equal(0, image.RequireRoot().Offset % 4096);
        Assert.Equal(["a", "x.sif"], Names());
    }

    [Fact]
    public void The_same_content_gives_the_same_bytes()
    {
        Need.Program("mksquashfs");
        Fill("b/root");
        var options = new SifAssemblyOptions();
        Guid first = SifAssembly.Build(_directory.File("a/root"), _directory.File("a.sif"), options);
        Guid second = SifAssembly.Build(_directory.File("b/root") + "/", _directory.File("b.sif"), options with { Processors = 1 });
        _directory.Write("b/root/etc/motd", "hullo\n");
        Guid third = SifAssembly.Build(_directory.File("b/root"), _directory.File("c.sif"), options);

        Assert.Equal(first, second);
        Assert.Equal(File.ReadAllBytes(_directory.File("a.sif")), File.ReadAllBytes(_directory.File("b.sif")));
        Assert.NotEqual(first, third);
        Assert.Equal((8, 0b10), (first.Version, first.Variant >> 2));        // S15: RFC 9562, from a hash
        Assert.Equal((8, 8), (first.Version, first.Variant & 0xC));
    }

    [Fact]
    public void The_image_can_be_run_by_whom_the_umask_lets()
    {
        Need.Program("mksquashfs");
        string target = _directory.File("x.sif");
        SifAssembly.Build(_directory.File("a/root"), target, new SifAssemblyOptions());

        // A new directory gets 0777 less the umask of whoever runs the tests.
        Directory.CreateDirectory(_directory.File("probe"));
        Assert.Equal(Permissions("probe") & 0x1ED, Permissions("x.sif"));

        int Permissions(string name) => FileSystem.TryStat(_directory.File(name))!.Value.Permissions;
    }

    [Fact]
    public void What_exists_is_replaced_only_when_asked()
    {
        Need.Program("mksquashfs");
        string target = _directory.Write("x.sif", "precious");
        var error = Assert.Throws<UserException>(() => SifAssembly.Build(_directory.File("a/root"), target, new SifAssemblyOptions()));
        Assert.Contains("exists already", error.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(target));

        SifAssembly.Build(_directory.File("a/root"), target, new SifAssemblyOptions { Overwrite = true });
        ImageFile.Open(target).Dispose();
    }

    [Theory]
    [InlineData("echo half > /proc/self/fd/3; echo 'FATAL ERROR: it broke' >&2; exit 3", "status 3: FATAL ERROR: it broke")]
    [InlineData("kill -9 $$", "killed by signal 9")]
    [InlineData("echo 'Write failed because No space left on device'; exit 1", "no space is left")]
    [InlineData("echo 'Failed to read file /x/secret'; exit 1", "cannot be read")]
    [InlineData("exit 0", "damaged or incomplete")]     // it says it did, and wrote nothing
    public void A_tool_that_fails_leaves_nothing(string script, string said)
    {
        var error = Assert.Throws<UserException>(
            () => SifAssembly.Build(_directory.File("a/root"), _directory.File("x.sif"), new SifAssemblyOptions { Mksquashfs = Tool(script) }));

        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Equal(["a", "tool"], Names());
    }

    [Fact]
    public void A_failure_leaves_the_old_image_as_it_was()
    {
        string target = _directory.Write("x.sif", "old");
        var options = new SifAssemblyOptions { Overwrite = true, Mksquashfs = Tool("exit 1") };

        Assert.Throws<UserException>(() => SifAssembly.Build(_directory.File("a/root"), target, options));
        Assert.Equal("old", File.ReadAllText(target));
        Assert.Equal(["a", "tool", "x.sif"], Names());
    }

    [Fact]
    public void Says_what_is_missing()
    {
        var noTool = new SifAssemblyOptions { Mksquashfs = "no-such-tool" };
        var error = Assert.Throws<UserException>(() => SifAssembly.Build(_directory.Path, _directory.File("x"), noTool));
        Assert.Contains("squashfs-tools", error.Remedy, StringComparison.Ordinal);

        var options = new SifAssemblyOptions { Mksquashfs = Tool("exit 0") };
        Assert.Throws<UserException>(() => SifAssembly.Build(_directory.File("nothing"), _directory.File("x"), options));
        Assert.Throws<UserException>(() => SifAssembly.Build(_directory.File("tool"), _directory.File("x"), options));
        Assert.Throws<UserException>(() => SifAssembly.Build(_directory.File("a/root"), _directory.File("no/such/dir/x"), options));
        Assert.Throws<UserException>(() => SifAssembly.Build(_directory.File("a/root"), _directory.File("a"), options));
    }

    private string Tool(string script)
    {
        string path = _directory.Write("tool", "#!/bin/sh\n" + script + "\n");
        using SafeFileHandle file = FileCalls.Open(path, OpenFlags.O_RDONLY);
        FileCalls.SetPermissions(file, 0x140);
        return path;
    }

    private string[] Names() => [.. Directory.EnumerateFileSystemEntries(_directory.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];

    private void Fill(string name)
    {
        var elf = new byte[64];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(elf);
        elf[18] = 183;
        _directory.Write($"{name}/bin/sh", elf);
        _directory.Write($"{name}/etc/motd", "hello\n");
        _directory.Write($"{name}/.singularity.d/Singularity", "bootstrap: docker\nfrom: x\n");
        for (int i = 0; i < 300; i++)
        {
            _directory.Write($"{name}/usr/{i % 7}/{i}", Encoding.ASCII.GetBytes(new string((char)('a' + (i % 26)), i * 11)));
        }

        // Links share times with nothing; all other times are one.
        var time = new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc);
        string root = _directory.File(name);
        foreach (string path in Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories).Append(root))
        {
            if (Directory.Exists(path))
            {
                Directory.SetLastWriteTimeUtc(path, time);
            }
            else
            {
                File.SetLastWriteTimeUtc(path, time);
            }
        }
    }
}

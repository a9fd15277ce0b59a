using System;
using System.IO;
using System.Runtime.Versioning;
using Kerr.Linux;
using Kerr.Linux.Files;
using Xunit;

namespace Kerr.Tests.Linux;

[SupportedOSPlatform("linux")]
public sealed class SmallFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("kerr-small-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Replacing_keeps_the_mode()
    {
        string file = Path.Combine(_directory, "f");
        File.WriteAllText(file, "old");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        SmallFile.Replace(file, "new"u8);

        Assert.Equal("new"u8.ToArray(), SmallFile.Read(file, 100));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead, File.GetUnixFileMode(file));
        Assert.Equal([file], Directory.GetFiles(_directory));
    }

    [Fact]
    public void Replacing_a_link_replaces_what_it_leads_to()
    {
        string file = Path.Combine(_directory, "kerr.conf"), link = Path.Combine(_directory, "apptainer.conf");
        File.WriteAllText(file, "old");
        File.CreateSymbolicLink(link, "kerr.conf");

        SmallFile.Replace(link, "new"u8);

        Assert.Equal("kerr.conf", FileSystem.ReadLink(link));
        Assert.Equal("new", File.ReadAllText(file));
    }

    [Fact]
    public void Replacing_what_is_not_there_changes_nothing()
    {
        Assert.Throws<LinuxException>(() => SmallFile.Replace(Path.Combine(_directory, "none"), "new"u8));
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public void A_failed_replacement_leaves_the_old_file_and_no_other()
    {
        string directory = Path.Combine(_directory, "d");
        Directory.CreateDirectory(directory);

        // A directory cannot be replaced by a file: the rename fails after everything else was done.
        Assert.Throws<LinuxException>(() => SmallFile.Replace(directory, "new"u8));
        Assert.Empty(Directory.GetFiles(_directory));
        Assert.True(Directory.Exists(directory));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(24 * 1024)]        // the first buffer, exactly
    [InlineData(24 * 1024 + 1)]
    [InlineData(300_000)]
    public void Files_of_any_size_up_to_the_limit_are_read(int size)
    {
        string file = Path.Combine(_directory, "f");
        byte[] content = new byte[size];
        new Random(size).NextBytes(content);
        File.WriteAllBytes(file, content);

        Assert.Equal(content, SmallFile.Read(file, size));

        if (size > 0)
        {
            Assert.Throws<InvalidDataException>(() => SmallFile.Read(file, size - 1));
        }
    }

    [Fact]
    public void A_pipe_is_read_until_its_writer_is_done()
    {
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        using var other = new Microsoft.Win32.SafeHandles.SafeFileHandle(pipe.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        var writer = new System.Threading.Thread(() =>
        {
            System.Threading.Thread.Sleep(50);      // the reader is there first
            pipe.Write("of a pipe"u8);
            pipe.DisposeLocalCopyOfClientHandle();
            pipe.Dispose();
        });
        string path = $"/proc/self/fd/{other.DangerousGetHandle()}";
        byte[]? content = null;
        var reader = new System.Threading.Thread(() => content = SmallFile.TryRead(path, 100));
        reader.Start();
        writer.Start();
        writer.Join();
        reader.Join();

        Assert.Equal("of a pipe"u8.ToArray(), content);
    }

    [Fact]
    public void A_directory_is_no_file_to_read() => Assert.Null(SmallFile.TryRead(_directory, 100));
}

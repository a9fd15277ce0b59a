using System;
using System.IO;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Kerr.Tests.Linux;

public sealed class FileLockTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly string path;

    public FileLockTests() => path = directory.Write("file", new byte[100]);

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData(true, true, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    public void There_is_one_writer_or_there_are_readers(bool first, bool second, bool both)
    {
        using SafeFileHandle one = Open(), other = Open();

        Assert.True(FileLock.TryTake(one, 10, 10, first, out _));
        Assert.Equal(both, FileLock.TryTake(other, 10, 10, second, out Errno errno));
        Assert.Equal(both ? Errno.None : Errno.EAGAIN, errno);
        Assert.Equal(both ? null : first, FileLock.HeldByWriter(other, 10, 10, second));
    }

    [Fact]
    public void Ranges_that_do_not_meet_do_not_matter()
    {
        using SafeFileHandle one = Open(), other = Open();

        Assert.True(FileLock.TryTake(one, 0, 50, write: true, out _));
        Assert.True(FileLock.TryTake(other, 50, 50, write: true, out _));
    }

    [Fact]
    public void A_copy_of_the_descriptor_keeps_the_lock_until_it_is_closed()
    {
        SafeFileHandle one = Open();
        using SafeFileHandle other = Open();
        Assert.True(FileLock.TryTake(one, 0, 100, write: true, out _));
        Assert.True(FileCalls.TryDuplicate(one, out SafeFileHandle copy, out _));
        one.Dispose();
        Assert.False(FileLock.TryTake(other, 0, 100, write: true, out _));

        copy.Dispose();

        Assert.True(FileLock.TryTake(other, 0, 100, write: true, out _));
    }

    private SafeFileHandle Open() => File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
}

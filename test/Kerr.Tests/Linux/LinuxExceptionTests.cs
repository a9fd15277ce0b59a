using System;
using Kerr.Linux;
using Xunit;

namespace Kerr.Tests.Linux;

public class LinuxExceptionTests
{
    [Fact]
    public void Says_call_subject_text_and_name()
    {
        var error = new LinuxException("mount", "/no/such on /mnt", Errno.ENOENT);

        Assert.Equal("mount /no/such on /mnt: No such file or directory (ENOENT)", error.Message);
        Assert.Equal(("mount", "/no/such on /mnt", Errno.ENOENT), (error.Call, error.Subject, error.Errno));
        Assert.Equal("unshare: Operation not permitted (EPERM)", new LinuxException("unshare", null, Errno.EPERM).Message);
    }

    [Fact]
    public void Every_error_number_has_its_own_name()
    {
        foreach (Errno errno in Enum.GetValues<Errno>())
        {
            Assert.Equal(errno == Errno.None ? "0" : Enum.GetName(errno), errno.Name());
        }

        Assert.Equal("4095", ((Errno)4095).Name());
    }

    // From asm-generic/errno-base.h and errno.h.
    [Theory]
    [InlineData(Errno.EPERM, 1)]
    [InlineData(Errno.EAGAIN, 11)]
    [InlineData(Errno.EINVAL, 22)]
    [InlineData(Errno.ERANGE, 34)]
    [InlineData(Errno.EDEADLK, 35)]
    [InlineData(Errno.ENOSYS, 38)]
    [InlineData(Errno.EOPNOTSUPP, 95)]
    [InlineData(Errno.ESTALE, 116)]
    [InlineData(Errno.EHWPOISON, 133)]
    public void Has_the_numbers_of_the_kernel(Errno errno, int number) => Assert.Equal(number, (int)errno);
}

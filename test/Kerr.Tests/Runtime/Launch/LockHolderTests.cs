using System;
using System.IO;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Runtime.Launch;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Kerr.Tests.Runtime.Launch;

public sealed class LockHolderTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void What_a_writer_leaves_names_this_process()
    {
        using SafeFileHandle file = File.OpenHandle(directory.Write("image", "x"), FileMode.Open, FileAccess.ReadWrite);
        LockHolder.Record(file);
        LockHolder? holder = LockHolder.Recorded(file);
        Need.Feature(holder is not null, "extended attributes of users in TMPDIR");

        Assert.Equal((CurrentProcess.Id, CurrentProcess.Uid), (holder!.Pid, holder.Uid));
        Assert.True(holder.IsThisProcess);
        Assert.False(holder.HasEnded);
    }

    [Theory]
    [InlineData("node7 123 456 1000 1795489347", true)]
    [InlineData("", false)]
    [InlineData("node7 123 456 1000", false)]                       // a field is missing
    [InlineData("node7 -1 456 1000 1795489347", false)]
    [InlineData("node7 123 456 1000 9223372036854775807", false)]   // a year that no calendar has
    [InlineData("\u001b[31mnode7 123 456 1000 1795489347", false)]  // it goes to terminals
    [InlineData("a\nFATAL: b 1 2 3 4", false)]
    public void Only_what_a_writer_would_leave_is_understood(string text, bool understood)
        => Assert.Equal(understood ? new LockHolder("node7", 123, 456, 1000, 1795489347) : null, LockHolder.Parse(text));

    [Fact]
    public void A_number_that_another_process_has_now_means_that_the_holder_has_ended()
    {
        using SafeFileHandle file = File.OpenHandle(directory.Write("image", "x"), FileMode.Open, FileAccess.ReadWrite);
        LockHolder.Record(file);
        LockHolder? holder = LockHolder.Recorded(file);
        Need.Feature(holder is not null, "extended attributes of users in TMPDIR");

        Assert.True((holder! with { Started = holder.Started + 1 }).HasEnded);
        Assert.False((holder with { Host = "elsewhere", Started = holder.Started + 1 }).HasEnded);
    }

    [Fact]
    public void The_message_names_host_process_user_and_time()
    {
        var descriptor = new Descriptor("/data/o.img", write: true, "overlay", new PartitionRange(0, 1));

        var error = PartitionLock.InUse(descriptor, new LockHolder("elsewhere", 123, 456, 0, 1795489347));

        Assert.Equal("can't open /data/o.img for writing, currently in use by process 123 of user root on host elsewhere since 2026-11-24 03:02:27 UTC", error.Message);
        Assert.Equal("wait until it has ended, or look at it on elsewhere: ps -fp 123", error.Remedy);
    }

    [Fact]
    public void A_holder_that_cannot_be_seen_is_said_to_be_so()
    {
        var descriptor = new Descriptor("/data/o.img", write: false, "overlay", new PartitionRange(0, 1));

        var error = PartitionLock.InUse(descriptor, holder: null);

        Assert.StartsWith("can't open /data/o.img for reading, currently in use for writing by another process", error.Message, StringComparison.Ordinal);
        Assert.Contains("losetup -j /data/o.img", error.Remedy, StringComparison.Ordinal);
    }
}

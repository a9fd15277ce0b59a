using System;
using System.Buffers.Binary;
using Kerr.ImageServer.Fuse;
using Xunit;

namespace Kerr.Tests.ImageServer.Fuse;

public class FuseInitTests
{
    private const uint AllFlags = uint.MaxValue;
    private const int DoReadDirPlus = 13, ReadDirPlusAuto = 14, WritebackCache = 16, NoOpen = 17, MaxPages = 22, CacheSymlinks = 23;

    [Fact]
    public void Takes_what_helps_a_read_only_image_and_nothing_else()
    {
        var reply = new byte[64];

        Assert.Equal(64, FuseInit.Negotiate(Offer(7, 41, AllFlags), reply, out FuseInit agreed));

        Assert.Equal((7u, 38u, 131_072u), (Int(reply, 0), Int(reply, 4), Int(reply, 8)));
        Assert.Equal(256, BinaryPrimitives.ReadUInt16LittleEndian(reply.AsSpan(28)));
        foreach (int bit in (int[])[DoReadDirPlus, NoOpen, MaxPages, CacheSymlinks])
        {
            Assert.True((Int(reply, 12) & (1u << bit)) != 0, $"bit {bit}");
        }

        Assert.Equal(0u, Int(reply, 12) & ((1u << ReadDirPlusAuto) | (1u << WritebackCache)));
        Assert.True(agreed is { NoOpen: true, NoOpenDirectory: true, Minor: 38 });
    }

    [Fact]
    public void Takes_nothing_that_the_kernel_does_not_offer()
    {
        var reply = new byte[64];

        Assert.Equal(64, FuseInit.Negotiate(Offer(7, 27, 1), reply, out FuseInit agreed));

        Assert.Equal((1u, 0), (Int(reply, 12), (int)BinaryPrimitives.ReadUInt16LittleEndian(reply.AsSpan(28))));
        Assert.True(agreed is { NoOpen: false, NoOpenDirectory: false, Minor: 27 });
    }

    [Fact]
    public void A_newer_major_version_is_asked_to_come_again_with_ours()
    {
        var reply = new byte[64];

        Assert.Equal(64, FuseInit.Negotiate(Offer(8, 0, AllFlags), reply, out _));

        Assert.Equal((7u, 0u), (Int(reply, 0), Int(reply, 12)));
    }

    [Theory]
    [InlineData(6, 99)]     // another protocol
    [InlineData(7, 22)]     // a shorter reply
    public void Versions_that_are_too_old_are_refused(uint major, uint minor)
        => Assert.Equal(0, FuseInit.Negotiate(Offer(major, minor, AllFlags), new byte[64], out _));

    [Fact]
    public void Any_truncation_is_refused_or_answered()
    {
        byte[] whole = Offer(7, 38, AllFlags);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Equal(length < 16 ? 0 : 64, FuseInit.Negotiate(whole.AsSpan(0, length), new byte[64], out _));
        }
    }

    private static byte[] Offer(uint major, uint minor, uint flags)
    {
        var bytes = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, major);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), minor);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), 131_072);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), flags);
        return bytes;
    }

    private static uint Int(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
}

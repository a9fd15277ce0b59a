using System;
using System.Security.Cryptography;
using Kerr.Runtime.Audit;
using Xunit;

namespace Kerr.Tests.Runtime.Audit;

public class Sha256Tests
{
    [Fact]
    public void Is_what_the_framework_computes_at_every_length_and_however_it_is_cut()
    {
        byte[] bytes = new byte[300];
        new Random(1).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
        {
            ReadOnlySpan<byte> part = bytes.AsSpan(0, length);
            string expected = Convert.ToHexStringLower(SHA256.HashData(part));

            Assert.Equal(expected, new Sha256().Add(part).Finish());
            Assert.Equal(expected, new Sha256().Add(part[..(length / 3)]).Add(part[(length / 3)..]).Finish());
        }
    }

    [Fact]
    public void Text_is_bytes_with_a_NUL_behind_them()
        => Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([.. "a"u8, 0, 0xff, 0])), new Sha256().Add("a").Add("\xff").Finish());
}

using System.IO;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Xunit;

namespace Kerr.Tests.Linux;

public class BytesTests
{
    [Fact]
    public void A_block_of_strings_keeps_empty_ones_and_every_byte()
        => Assert.Equal(["a", "", "\u00ff\u0080"], CommandLine.Split([(byte)'a', 0, 0, 0xff, 0x80, 0]));

    [Fact]
    public void Arguments_that_were_UTF8_become_their_bytes()
        => Assert.Equal(["\u00c3\u00a4", "a"], CommandLine.Encode(["\u00e4", "a"]));

    [Fact]
    public void Arguments_that_lost_bytes_are_refused()
        => Assert.Throws<InvalidDataException>(() => CommandLine.Encode(["a", "\ufffd"]));

    [Fact]
    public void Plain_arguments_are_taken_as_they_are()
    {
        string[] plain = ["exec", "", "-C"];

        Assert.Same(plain, CommandLine.Exact(plain));
    }

    // U+0085 and U+00A0 are white space to .NET and halves of letters to us.
    [Theory]
    [InlineData(" a\t\n", "a")]
    [InlineData("\u00a0a\u0085", "\u00a0a\u0085")]
    [InlineData("  ", "")]
    public void Only_ASCII_white_space_is_trimmed(string text, string expected)
        => Assert.Equal(expected, AsciiText.Trim(text));

    [Fact]
    public void The_environment_is_read_entry_by_entry()
    {
        Assert.Contains(EnvironmentBlock.Read(), entry => entry.StartsWith("PATH=", System.StringComparison.Ordinal));
        Assert.Equal("first", EnvironmentBlock.Get(["XA=no", "A=first", "A=second"], "A"));
        Assert.Equal("", EnvironmentBlock.Get(["A="], "A"));
        Assert.Null(EnvironmentBlock.Get(["AB=1", "A"], "A"));
    }

    [Theory]
    [InlineData("/etc/passwd\0.sif")]    // would be /etc/passwd to the kernel
    [InlineData("/etc/\u0100")]
    public void A_string_that_is_no_path_never_reaches_the_kernel(string path)
        => Assert.Throws<InvalidDataException>(() => SmallFile.Read(path, 1));

    [Fact]
    public void Long_paths_are_passed_whole()
    {
        LinuxException error = Assert.Throws<LinuxException>(() => SmallFile.Read("/" + new string('x', 5000), 1));

        Assert.Equal(Errno.ENAMETOOLONG, error.Errno);
    }

    [Fact]
    public void The_device_that_has_everything_is_read_up_to_the_limit()
        => Assert.Throws<InvalidDataException>(() => SmallFile.Read("/dev/zero", 100_000));

    [Fact]
    public void Latin1_is_one_byte_a_character_in_both_directions()
    {
        byte[] all = new byte[256];

        for (int i = 0; i < all.Length; i++)
        {
            all[i] = (byte)i;
        }

        Assert.Equal(all, Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(all)));
    }
}

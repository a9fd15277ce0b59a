using System;
using System.IO;
using Kerr.Image.Sif;
using Xunit;

namespace Kerr.Tests.Image.Sif;

public class SifHeaderTests
{
    private const int FreeAt = 80;
    private const int CountAt = 88;
    private const int TableAt = 96;
    private const int TableSizeAt = 104;
    private const int DataAt = 112;
    private const int DataSizeAt = 120;

    [Fact]
    public void Has_every_field_at_its_place_in_the_file()
    {
        var bytes = new byte[SifHeader.Size];
        new SifHeader(
            "#!/run\n", "arm64", new Guid("3fa802cc-358b-45e3-bcc0-69dc7a45f9f8"), 0x0102, 0x0304, 46, 48, 4096, 28_080, 32_176, 7)
            .Write(bytes);

        Assert.Equal(
            "23212F72756E0A00000000000000000000000000000000000000000000000000"   // launch script
            + "5349465F4D4147494300" + "303100" + "303400"                       // SIF_MAGIC, version 01, architecture 04
            + "3FA802CC358B45E3BCC069DC7A45F9F8"                                 // the id, in the order it is written in
            + "0201000000000000" + "0403000000000000"                            // created, modified
            + "2E00000000000000" + "3000000000000000"                            // 46 of 48 descriptors are free
            + "0010000000000000" + "B06D000000000000"                            // table at 4096, 48 × 585 bytes
            + "B07D000000000000" + "0700000000000000",                           // data at 32176, 7 bytes
            Convert.ToHexString(bytes));
    }

    [Fact]
    public void Reads_back_what_it_wrote()
    {
        var header = new SifHeader("#!/x\n", "ppc64le", Guid.NewGuid(), -5, SifHeader.NoTime, 1, 2, 4096, 1170, 5266, 0);
        var bytes = new byte[SifHeader.Size];
        header.Write(bytes);

        Assert.Equal(header, SifHeader.Parse(bytes, fileLength: 6000));
    }

    [Theory]
    [InlineData(CountAt, -1)]
    [InlineData(CountAt, 1L << 62)]              // × 585 would overflow
    [InlineData(CountAt, 62)]                    // one more than fits behind the table's offset
    [InlineData(CountAt, 49)]                    // more than the table's size holds
    [InlineData(TableAt, -1)]
    [InlineData(TableAt, 127)]                   // inside the header
    [InlineData(TableAt, 40_001)]                // behind the end
    [InlineData(TableAt, long.MaxValue)]
    [InlineData(TableSizeAt, -1)]
    [InlineData(TableSizeAt, 28_079)]            // one byte short of 48 descriptors
    [InlineData(TableSizeAt, long.MaxValue)]
    [InlineData(DataAt, -1)]
    [InlineData(DataAt, 32_175)]                 // inside the table
    [InlineData(DataAt, 1L << 62)]
    [InlineData(DataSizeAt, -1)]
    [InlineData(FreeAt, -1)]
    [InlineData(FreeAt, 49)]
    public void Rejects_numbers_that_do_not_fit_the_file(int field, long value)
    {
        byte[] bytes = new SifBytes().With(field, value).Bytes;

        Assert.Throws<InvalidDataException>(() => SifHeader.Parse(bytes, fileLength: 40_000));
    }

    [Fact]
    public void Rejects_more_descriptors_than_any_image_has_before_memory_is_taken_for_them()
    {
        const long Length = 1L << 40;   // a sparse file costs its author nothing
        byte[] bytes = new SifBytes().With(CountAt, Length / 1024).With(TableSizeAt, Length / 1024 * SifDescriptor.Size).Bytes;

        var error = Assert.Throws<InvalidDataException>(() => SifHeader.Parse(bytes, Length));
        Assert.Contains("more than the", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rejects_every_truncation()
    {
        byte[] bytes = new SifBytes().Bytes;
        for (int length = 0; length < SifHeader.Size; length++)
        {
            Assert.Throws<InvalidDataException>(() => SifHeader.Parse(bytes.AsSpan(0, length), length));
        }
    }

    [Fact]
    public void Rejects_a_version_that_it_does_not_know()
    {
        byte[] bytes = new SifBytes().Bytes;
        bytes[43] = (byte)'2';

        var error = Assert.Throws<InvalidDataException>(() => SifHeader.Parse(bytes, 40_000));
        Assert.Contains("\"02\"", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00", null)]
    [InlineData("01", "386")]
    [InlineData("02", "amd64")]
    [InlineData("04", "arm64")]
    [InlineData("10", "mips64le")]
    [InlineData("13", "loong64")]
    [InlineData("14", null)]
    [InlineData("xx", null)]
    public void Names_architectures_as_Go_does(string code, string? name)
    {
        byte[] bytes = [(byte)code[0], (byte)code[1], 0];

        Assert.Equal(name, SifArchitecture.Name(bytes));
        if (name is not null)
        {
            Assert.Equal(bytes, SifArchitecture.Code(name).ToArray());
        }
    }
}

using Kerr.Runtime.Launch;
using Xunit;

namespace Kerr.Tests.Runtime.Launch;

public class DurationTests
{
    [Theory]
    [InlineData("1s", 1_000_000_000, "1s")]
    [InlineData("90s", 90_000_000_000, "1m30s")]
    [InlineData("2m", 120_000_000_000, "2m0s")]
    [InlineData("1h", 3_600_000_000_000, "1h0m0s")]
    [InlineData("1m1h", 3_660_000_000_000, "1h1m0s")]
    [InlineData("1.5h", 5_400_000_000_000, "1h30m0s")]
    [InlineData(".5s", 500_000_000, "500ms")]
    [InlineData("1.5ms", 1_500_000, "1.5ms")]
    [InlineData("2\u00C2\u00B5s", 2000, "2\u00B5s")]    // mu as the two bytes of UTF-8
    [InlineData("2us", 2000, "2\u00B5s")]
    [InlineData("3ns", 3, "3ns")]
    [InlineData("1.0000000001s", 1_000_000_000, "1s")]   // less than a nanosecond is cut
    [InlineData("0", 0, "0s")]
    [InlineData("0s", 0, "0s")]
    [InlineData("-1m", -60_000_000_000, "-1m0s")]
    [InlineData("+1m", 60_000_000_000, "1m0s")]
    public void Reads_and_writes_times_as_the_peers_do(string text, long nanoseconds, string written)
    {
        Assert.True(Duration.TryParse(text, out Duration duration));
        Assert.Equal(nanoseconds, duration.Nanoseconds);
        Assert.Equal(written, duration.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1")]            // no unit
    [InlineData("s")]            // no number
    [InlineData(".s")]
    [InlineData("1.2.3s")]
    [InlineData("1d")]           // no unit of these
    [InlineData("1 s")]
    [InlineData("1S")]
    [InlineData("9999999h")]     // more than 292 years
    [InlineData("99999999999999999999999999999999s")]
    public void Refuses_what_is_no_time(string text) => Assert.False(Duration.TryParse(text, out _));
}

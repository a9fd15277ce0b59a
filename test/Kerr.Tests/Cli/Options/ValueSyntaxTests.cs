using Kerr.Cli.Options;
using Xunit;

namespace Kerr.Tests.Cli.Options;

public class ValueSyntaxTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("a", new[] { "a" })]
    [InlineData("a,b", new[] { "a", "b" })]
    [InlineData("a,,b,", new[] { "a", "", "b", "" })]
    [InlineData("\"a,b\",c", new[] { "a,b", "c" })]
    [InlineData("\"a\"\"b\"", new[] { "a\"b" })]
    [InlineData("a,\"\"", new[] { "a", "" })]
    [InlineData(" a , b ", new[] { " a ", " b " })]
    public void Fields_are_those_of_a_CSV_record(string text, string[] expected)
        => Assert.Equal(expected, ValueSyntax.Fields(text));

    [Theory]
    [InlineData("\"a")]       // no closing quote
    [InlineData("\"a\"b")]    // something behind it
    [InlineData("a\"b")]      // a quote inside a plain field
    [InlineData("a,\"")]
    public void Quotes_that_do_not_match_are_refused(string text)
        => Assert.Null(ValueSyntax.Fields(text));

    [Theory]
    [InlineData("42", 42)]
    [InlineData("-1", -1)]
    [InlineData("+7", 7)]
    [InlineData("0x10", 16)]
    [InlineData("2147483647", int.MaxValue)]
    public void Numbers_are_read(string text, int expected)
        => Assert.Equal((true, expected), (ValueSyntax.TryNumber(text, out int value), value));

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1.5")]
    [InlineData(" 1")]
    [InlineData("2147483648")]            // beyond an int
    [InlineData("99999999999999999999")]  // beyond a long
    [InlineData("0x")]
    public void What_is_no_number_is_refused(string text)
        => Assert.False(ValueSyntax.TryNumber(text, out _));

    [Theory]
    [InlineData("A")]
    [InlineData("A=1,B=2,C")]
    [InlineData("\"A=1,B=2")]
    public void Pairs_need_an_equals_sign_each(string text)
        => Assert.Null(ValueSyntax.Pairs(text));

    [Fact]
    public void A_pair_may_have_equals_signs_in_its_value()
        => Assert.Equal([new("A", "b=c"), new("D", "")], ValueSyntax.Pairs("A=b=c,D="));
}

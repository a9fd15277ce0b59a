using Kerr.Runtime.Environment.Shell;
using Xunit;

namespace Kerr.Tests.Runtime.Environment.Shell;

/// <summary>Shell patterns match as in <c>case</c>.</summary>
public sealed class ShellPatternTests
{
    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("*", "", true)]
    [InlineData("a*c", "abcbc", true)]
    [InlineData("a*c", "abcb", false)]
    [InlineData("*a*b*", "xxaxxbxx", true)]
    [InlineData("?", "", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("[a-c]", "b", true)]
    [InlineData("[a-c]", "d", false)]
    [InlineData("[!a-c]", "d", true)]
    [InlineData("[^a]", "a", false)]
    [InlineData("[]a]", "]", true)]
    [InlineData("[!]a]", "]", false)]
    [InlineData("[a-]", "-", true)]
    [InlineData("[a\\-c]", "b", false)]
    [InlineData("[[:digit:]x]", "7", true)]
    [InlineData("[[:digit:]x]", "x", true)]
    [InlineData("[[:upper:]]", "a", false)]
    [InlineData("[![:space:]]", " ", false)]
    [InlineData("[a", "[a", true)]       // not closed: a plain bracket
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "x", false)]
    [InlineData("a\\", "a\\", true)]     // nothing to escape
    [InlineData("*\\]", "x]", true)]
    public void Matches_as_a_shell_does(string pattern, string text, bool expected)
    {
        Assert.Equal(expected, ShellPattern.Matches(pattern, text));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("*?[a-z]\\")]
    [InlineData("[!x]^")]
    public void A_quoted_text_matches_itself_and_nothing_longer(string text)
    {
        string pattern = ShellPattern.Quote(text);

        Assert.True(ShellPattern.Matches(pattern, text));
        Assert.False(ShellPattern.Matches(pattern, text + "x"));
        Assert.True(ShellPattern.Matches($"[{ShellPattern.Quote("-")}]", "-"));
    }

    [Fact]
    public void Many_stars_take_no_exponential_time()
    {
        string pattern = string.Concat(System.Linq.Enumerable.Repeat("a*", 200)) + "b";

        Assert.False(ShellPattern.Matches(pattern, new string('a', 5000)));
    }
}

using System;
using System.IO;
using Kerr.EndToEnd.Configuration;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S19: limits on paths compare names as a whole: <c>/s2</c> is not below <c>/s</c> (CVE-2026-47215, CVE-2026-48785).</summary>
public class S19_PathLimitsTests
{
    private readonly string top = Host.Directory();

    public S19_PathLimitsTests()
    {
        foreach (string name in (string[])["s/in", "s/deep/er/in", "s/new\nline/in", "s2/in", "t/in", "s\n/in", "s\nx/in", "S/in", "s .hidden/in"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName($"{top}/{name}")!);
            Host.Run("cp", "-a", Images.Directory, $"{top}/{name}");
        }

        Directory.CreateSymbolicLink($"{top}/s/link", $"{top}/t");
        Directory.CreateSymbolicLink($"{top}/t/back", $"{top}/s");
        Directory.CreateSymbolicLink($"{top}/alias", $"{top}/s");
    }

    [Theory]
    [InlineData("s/in")]
    [InlineData("/s//in")]
    [InlineData("s/./deep/er/in")]
    [InlineData("t/../s/in")]
    [InlineData("t/back/in")]
    [InlineData("s/new\nline/in")]
    public void What_lies_below_is_allowed(string image)
    {
        foreach (string limit in (string[])["/s", "/s/", "//s", "/./s", "/alias", "/t, TOP/s"])
        {
            Run(limit, image).Prints("ran");
        }
    }

    [Theory]
    [InlineData("s2/in")]
    [InlineData("s/../t/in")]
    [InlineData("s/link/in")]
    [InlineData("s\n/in")]
    [InlineData("s\nx/in")]
    [InlineData("S/in")]
    [InlineData("s .hidden/in")]
    [InlineData("//t//in")]
    public void What_only_looks_so_is_not(string image)
    {
        As.User.Run("exec", $"{top}/{image}", "echo", "ran").Prints("ran");
        foreach (string limit in (string[])["/s", "/s/", "//s", "/alias", "/s/in", "/nothing"])
        {
            Run(limit, image).IsFatal("`limit container paths = ");
        }
    }

    [Fact]
    public void The_directory_itself_may_be_the_image()
    {
        Run("/s/in", "s/in").Prints("ran");
        Run("/s/in", "s/deep/er/in").IsFatal("limit container paths");
    }

    private Result Run(string limit, string image)
    {
        string paths = (limit.StartsWith("/t,", StringComparison.Ordinal) ? $"{top}/t, {top}/s" : top + limit).Replace("TOP", top, StringComparison.Ordinal);
        return As.User.Run("-c", ConfigurationFile.With($"limit container paths = {paths}"), "exec", $"{top}/{image}", "echo", "ran");
    }
}

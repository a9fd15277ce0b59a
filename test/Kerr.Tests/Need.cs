using System.IO;
using Xunit;

namespace Kerr.Tests;

/// <summary>What a test needs of the machine: it is skipped without, and fails without where KERR_MUST_RUN=1.</summary>
internal static class Need
{
    /// <summary>A program in PATH.</summary>
    internal static void Program(string name)
    {
        foreach (string directory in (System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':'))
        {
            if (File.Exists(Path.Combine(directory, name)))
            {
                return;
            }
        }

        Missing($"the program {name}");
    }

    /// <summary>Something that the test has looked for itself: a file system's feature, a permission.</summary>
    internal static void Feature(bool present, string name)
    {
        if (!present)
        {
            Missing(name);
        }
    }

    internal static void Missing(string what)
    {
        if (System.Environment.GetEnvironmentVariable("KERR_MUST_RUN") == "1")
        {
            Assert.Fail($"{what} is missing, and KERR_MUST_RUN=1 lets no test be skipped");
        }

        Assert.Skip($"{what} is missing");
    }
}

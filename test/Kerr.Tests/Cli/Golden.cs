using System;
using System.IO;
using Xunit;

namespace Kerr.Tests.Cli;

/// <summary>Compares text with a committed file; with KERR_UPDATE_GOLDEN=DIRECTORY it writes the file there instead.</summary>
internal static class Golden
{
    internal static void Matches(string name, string actual, string folder = "cli")
    {
        if (Environment.GetEnvironmentVariable("KERR_UPDATE_GOLDEN") is { Length: > 0 } directory)
        {
            File.WriteAllText(Path.Combine(directory, name), actual);
            return;
        }

        Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "data", folder, name)), actual);
    }
}

using System;
using System.IO;
using System.Runtime.Versioning;
using Xunit;
using Removal = Kerr.Linux.Files.TemporaryDirectory;

namespace Kerr.Tests.Linux;

[SupportedOSPlatform("linux")]
public sealed class TemporaryDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Is_the_callers_own_and_goes_with_what_is_in_it()
    {
        string path;
        using (var temporary = new Removal(directory.Path, "it-"))
        {
            path = temporary.Path;
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
            Directory.CreateDirectory(path + "/a/b/c");
            File.WriteAllText(path + "/a/b/file", "x");
        }

        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void Directories_that_nobody_may_enter_go_too()
    {
        string path = directory.File("tree");
        Directory.CreateDirectory(path + "/closed/below");
        File.WriteAllText(path + "/closed/below/file", "x");
        File.SetUnixFileMode(path + "/closed/below", UnixFileMode.None);
        File.SetUnixFileMode(path + "/closed", UnixFileMode.None);

        Assert.True(Removal.Remove(path));

        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void Links_are_removed_and_not_followed()
    {
        string kept = directory.Write("kept/file", "x");
        string path = directory.File("tree");
        Directory.CreateDirectory(path);
        File.CreateSymbolicLink(path + "/file", kept);
        Directory.CreateSymbolicLink(path + "/directory", directory.File("kept"));
        Directory.CreateSymbolicLink(directory.File("link"), directory.File("kept"));

        Assert.True(Removal.Remove(path));
        Assert.False(Removal.Remove(directory.File("link")));   // nor is the name itself

        Assert.True(File.Exists(kept));
    }

    [Fact]
    public void Nests_deeply()
    {
        string path = directory.File("tree");
        string deep = path;
        for (int i = 0; i < 300; i++)
        {
            deep += "/d";
        }

        Directory.CreateDirectory(deep);

        Assert.True(Removal.Remove(path));
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void What_is_not_there_is_removed_already() => Assert.True(Removal.Remove(directory.File("none")));
}

using System;
using System.IO;

namespace Kerr.Tests;

/// <summary>A directory that lasts as long as its test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("kerr-test-").FullName;

    internal string File(string name) => System.IO.Path.Combine(Path, name);

    internal string Write(string name, ReadOnlySpan<byte> content)
    {
        string path = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    internal string Write(string name, string content) => Write(name, System.Text.Encoding.UTF8.GetBytes(content));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

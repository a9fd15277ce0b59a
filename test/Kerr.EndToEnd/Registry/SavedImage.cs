using System;
using System.Formats.Tar;
using System.IO;
using System.Text;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;

namespace Kerr.EndToEnd.Registry;

/// <summary>A tar archive as <c>docker save</c> writes it: manifest.json, a configuration, one layer with busybox in it.</summary>
internal static class SavedImage
{
    /// <param name="hello">The content of /hello.</param>
    internal static byte[] Archive(string tag, string hello)
    {
        byte[] layer = Tar(tar =>
        {
            Add(tar, "hello", Encoding.UTF8.GetBytes(hello));
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "bin/") { Mode = Modes.Everybody });
            Add(tar, "bin/busybox", File.ReadAllBytes(Busybox()));
            foreach (string name in (string[])["sh", "cat", "true"])
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "bin/" + name) { LinkName = "busybox" });
            }
        });
        return Tar(tar =>
        {
            Add(tar, "config.json", """{"architecture":"amd64","os":"linux","created":"2024-01-02T03:04:05Z","config":{"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":[]}}"""u8.ToArray());
            Add(tar, "layer.tar", layer);
            Add(tar, "manifest.json", Encoding.UTF8.GetBytes("[{\"Config\":\"config.json\",\"RepoTags\":[\"" + tag + "\"],\"Layers\":[\"layer.tar\"]}]"));
        });
    }

    internal static string Busybox()
    {
        Need.Program("busybox");
        return File.Exists("/bin/busybox") ? "/bin/busybox" : "/usr/bin/busybox";
    }

    private static byte[] Tar(Action<TarWriter> fill)
    {
        var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, leaveOpen: true))
        {
            fill(tar);
        }

        return bytes.ToArray();
    }

    private static void Add(TarWriter tar, string name, byte[] content)
        => tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { Mode = Modes.Everybody, DataStream = new MemoryStream(content) });
}

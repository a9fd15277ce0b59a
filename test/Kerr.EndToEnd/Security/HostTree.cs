using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>A directory of the host that no launch may change: a canary.</summary>
internal sealed class HostTree
{
    private readonly List<string> before;

    public HostTree()
    {
        Path = Host.Directory(TestUser.First);      // the user could write it: only we must not
        foreach (string name in (string[])["passwd", "group", "resolv.conf", "hosts", "hostname", "localtime", "null", "console", "10-docker.sh"])
        {
            Host.Own(Host.Write($"{Path}/{name}", $"canary {name}\n"), TestUser.First);
        }

        foreach (string name in (string[])["pts", "shm", "env", "etc", "dev", "tmp", "actions", "0"])
        {
            Directory.CreateDirectory($"{Path}/{name}");
            Host.Own($"{Path}/{name}", TestUser.First);
        }

        before = Listing();
    }

    public string Path { get; }

    /// <summary>Fails when a name, a mode, an owner, a time of change or a byte is another.</summary>
    public void CheckUnchanged() => Assert.Equal(before, Listing());

    private List<string> Listing()
    {
        var lines = new List<string>();
        foreach (string path in Directory.EnumerateFileSystemEntries(Path, "*", SearchOption.AllDirectories))
        {
            string content = File.Exists(path) ? File.ReadAllText(path, Encoding.Latin1) : "";
            lines.Add($"{Host.Run("stat", "-c", "%n %F %a %u %g %h %Y %Z", path).TrimEnd()} {content}");
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }
}

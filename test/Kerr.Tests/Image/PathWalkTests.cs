using System.Collections.Generic;
using System.Linq;
using Kerr.Image;
using Xunit;

namespace Kerr.Tests.Image;

public class PathWalkTests
{
    // A directory ends in a slash, a link has its target behind an arrow.
    private static readonly Names Tree = new(
        "/", "/bin/", "/bin/dash", "/bin/sh -> dash", "/etc/", "/etc/passwd", "/var/", "/var/run -> /run", "/run/", "/run/pid",
        "/up -> ../../../etc", "/loop -> loop", "/a -> b", "/b -> a", "/file", "/slash -> /etc/", "/root -> /", "/deep/",
        "/deep/er/", "/deep/er/out -> ../../../../bin", "/notdir -> file/x", "/empty -> ");

    [Theory]
    [InlineData("/", "/")]
    [InlineData("", "/")]
    [InlineData("etc/passwd", "/etc/passwd")]
    [InlineData("//etc/.//passwd", "/etc/passwd")]
    [InlineData("/..", "/")]
    [InlineData("/../../etc/../etc/passwd", "/etc/passwd")]
    [InlineData("/bin/sh", "/bin/dash")]
    [InlineData("/var/run/pid", "/run/pid")]
    [InlineData("/var/run/../etc", "/etc/")]           // .. of where the link leads, not of where it stands
    [InlineData("/up/passwd", "/etc/passwd")]
    [InlineData("/slash", "/etc/")]
    [InlineData("/slash/passwd", "/etc/passwd")]
    [InlineData("/root/root/root/bin/sh", "/bin/dash")]
    [InlineData("/deep/er/out/sh", "/bin/dash")]
    [InlineData("/etc/", "/etc/")]
    public void Finds_what_the_kernel_finds_below_a_root(string path, string found) => Assert.Equal(found, Find(path, follow: true));

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/etc/passwd/")]
    [InlineData("/etc/passwd/.")]
    [InlineData("/etc/passwd/..")]
    [InlineData("/loop")]
    [InlineData("/a")]
    [InlineData("/notdir")]
    [InlineData("/empty")]
    [InlineData("/bin/sh/")]
    public void Finds_nothing_where_the_kernel_finds_nothing(string path) => Assert.Null(Find(path, follow: true));

    [Theory]
    [InlineData("/bin/sh", "/bin/sh")]
    [InlineData("/loop", "/loop")]
    [InlineData("/var/run", "/var/run")]
    [InlineData("/var/run/", "/run/")]                 // a slash behind it makes it followed
    [InlineData("/var/run/pid", "/run/pid")]           // and so does a name
    public void The_last_link_is_followed_only_when_asked(string path, string found) => Assert.Equal(found, Find(path, follow: false));

    [Theory]
    [InlineData(40, true)]
    [InlineData(41, false)]
    public void Follows_40_links(int count, bool found)
    {
        var names = new List<string> { "/", "/l0" };
        names.AddRange(Enumerable.Range(1, count).Select(i => $"/l{i} -> l{i - 1}"));

        Assert.Equal(found, PathWalk.TryFind(new Names([.. names]), "/", $"/l{count}", follow: true, out _));
    }

    private static string? Find(string path, bool follow) => PathWalk.TryFind(Tree, "/", path, follow, out string found) ? found : null;

    private sealed class Names(params string[] names) : IWalkedTree<string>
    {
        public bool TryChild(string directory, string name, out string child)
        {
            string path = directory.TrimEnd('/') + "/" + name;
            child = path;
            foreach (string known in names)
            {
                if (known.Split(" -> ")[0].TrimEnd('/') == path)
                {
                    child = known.Split(" -> ")[0];
                    return IsDirectory(directory);
                }
            }

            return false;
        }

        public bool IsDirectory(string node) => node.EndsWith('/');

        public string? LinkTarget(string node)
        {
            string? link = names.FirstOrDefault(known => known.StartsWith(node + " -> ", System.StringComparison.Ordinal));
            return link?[(node.Length + 4)..];
        }
    }
}

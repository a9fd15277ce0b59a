using System.IO;
using Kerr.Tests;

namespace Kerr.EndToEnd.Harness;

/// <summary>A directory image in the making, under the directory of this run.</summary>
internal sealed class ImageTree
{
    public ImageTree() => Path = Host.Directory();

    public string Path { get; }

    public ImageTree Directory(string path, UnixFileMode mode = Modes.Everybody)
    {
        System.IO.Directory.CreateDirectory(Path + path);
        System.IO.File.SetUnixFileMode(Path + path, mode);
        return this;
    }

    public ImageTree File(string path, string content, UnixFileMode mode = Modes.Readable)
    {
        Host.Write(Path + path, content, mode);
        return this;
    }

    /// <summary>A file that everybody can run.</summary>
    public ImageTree Script(string path, string content) => File(path, content, Modes.Everybody);

    public ImageTree Copy(string path, string source)
    {
        System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path + path)!);
        System.IO.File.Copy(source, Path + path);
        System.IO.File.SetUnixFileMode(Path + path, Modes.Everybody);
        return this;
    }

    public ImageTree Link(string path, string target)
    {
        System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path + path)!);
        System.IO.File.CreateSymbolicLink(Path + path, target);
        return this;
    }

    /// <summary>Gives a file an extended attribute of each kind.</summary>
    public ImageTree Attributes(string path)
    {
        Need.Program("python3");
        Host.Run("python3", "-c", "import os, sys\nfor name in ('user.kerr', 'security.selinux', 'trusted.kerr'): os.setxattr(sys.argv[1], name, name.encode())", Path + path);
        return this;
    }

    public ImageTree Without(string path)
    {
        if (System.IO.Directory.Exists(Path + path))
        {
            System.IO.Directory.Delete(Path + path, recursive: true);
        }
        else
        {
            System.IO.File.Delete(Path + path);
        }

        return this;
    }

    /// <summary>Gives all of it to the user, who may then write it.</summary>
    public ImageTree OwnedBy(TestUser user)
    {
        Host.Run("chown", "-R", $"{user.Uid}:{user.Gid}", Path);
        return this;
    }

    /// <summary>Builds a SIF file of it.</summary>
    public string Sif(string name = "image.sif")
    {
        string file = $"{Host.Directory()}/{name}";
        As.Root.Run("build", file, Path).Succeeds();
        return file;
    }

    /// <summary>A bare squashfs image of it.</summary>
    public string SquashFs(string name = "image.sqfs", params string[] options)
    {
        Need.Program("mksquashfs");
        string file = $"{Host.Directory()}/{name}";
        Host.Run(["mksquashfs", Path, file, "-noappend", "-quiet", "-no-progress", .. options]);
        return file;
    }
}

using System;
using System.Diagnostics;
using System.IO;

namespace Kerr.KernelTests.ImageServer;

/// <summary>A tree with one of each thing, images of it, and a listing of all that stat, readlink, read and the calls on xattrs tell.</summary>
public sealed class SampleTree : IDisposable
{
    // Directories' blocks and the device's number are each file system's own affair; holes are found where the format has them.
    private const string Listing = """
        import hashlib, os, stat, sys
        top = sys.argv[1]
        def tell(path):
            s = os.lstat(path)
            regular = stat.S_ISREG(s.st_mode)
            fields = [os.path.relpath(path, top), oct(s.st_mode), s.st_ino, s.st_nlink, s.st_uid, s.st_gid, s.st_size,
                      s.st_mtime_ns, s.st_atime_ns, s.st_ctime_ns,
                      s.st_rdev if stat.S_ISCHR(s.st_mode) or stat.S_ISBLK(s.st_mode) else 0]
            if stat.S_ISLNK(s.st_mode):
                fields.append(os.readlink(path))
            if regular:
                fields.append(hashlib.sha256(open(path, 'rb').read()).hexdigest())
            blocks = s.st_blocks if regular else 0
            try:
                for name in sorted(os.listxattr(path, follow_symlinks=False)):
                    fields.append((name, os.getxattr(path, name, follow_symlinks=False)))
                    blocks = 0      # the kernel's driver counts the attributes, too
            except OSError as error:
                if error.errno != 95:   # ENOTSUP: an image without any
                    raise
            print(*fields, blocks)
        tell(top)
        for folder, folders, files in os.walk(top):
            folders.sort()
            for name in sorted(folders + files):
                tell(os.path.join(folder, name))
        """;

    private const string Make = """
        import os, random, sys
        top = sys.argv[1]
        r = random.Random(1)
        def write(name, data):
            os.makedirs(os.path.dirname(os.path.join(top, name)), exist_ok=True)
            open(os.path.join(top, name), 'wb').write(data)
        write('empty', b'')
        write('small', b'small\n')
        write('half-random', b''.join(r.randbytes(20000) + b'text ' * 8000 for _ in range(80)))
        write('exact', r.randbytes(1 << 20))
        write('page', b'p' * 4096)
        write('n' * 255, b'a long name')
        for i in range(3000):
            write('many/entry-with-a-rather-long-name-%05d' % i, b'%d' % i * (i % 50))
        for size in (1, 4095, 4096, 4097, 131071, 131072, 131073, 300000):
            write('sizes/%d' % size, r.randbytes(size // 2) + bytes(size - size // 2))
        with open(os.path.join(top, 'sparse'), 'wb') as f:
            f.seek(3_000_000); f.write(b'middle'); f.truncate(9_000_001)
        os.link(os.path.join(top, 'small'), os.path.join(top, 'many/hard'))
        os.symlink('small', os.path.join(top, 'link'))
        os.symlink('x/' * 1500, os.path.join(top, 'long-link'))
        os.chmod(os.path.join(top, 'page'), 0o4711)
        os.makedirs(os.path.join(top, 'closed'), 0o700)
        os.mkdir(os.path.join(top, 'sticky')); os.chmod(os.path.join(top, 'sticky'), 0o1777)
        os.chown(os.path.join(top, 'exact'), 12345, 67890)
        os.mkfifo(os.path.join(top, 'pipe'))
        os.mknod(os.path.join(top, 'null'), 0o20666, os.makedev(1, 3))
        os.mknod(os.path.join(top, 'disk'), 0o60640, os.makedev(259, 70000))
        try:
            for i in range(20):
                os.setxattr(os.path.join(top, 'small'), 'user.name%d' % i, b'v' * i * 30)
            os.setxattr(os.path.join(top, 'many'), 'user.shared', b's' * 500)
            os.setxattr(os.path.join(top, 'page'), 'user.shared', b's' * 500)
            os.setxattr(os.path.join(top, 'page'), 'security.capability', bytes.fromhex('0100000200200000000000000000000000000000'))
        except OSError:
            pass
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("kerr-sample-").FullName;

    public SampleTree()
    {
        Directory.CreateDirectory(Tree);
        if (System.Environment.UserName == "root" && File.Exists("/usr/bin/python3"))
        {
            Run("python3", "-c", Make, Tree);
        }
    }

    public string Tree => Path.Combine(folder, "tree");

    /// <summary>Makes an image, once for each set of options.</summary>
    public string Image(string options)
    {
        string image = Path.Combine(folder, options.Replace(' ', '_') + ".sqfs");
        if (!File.Exists(image))
        {
            Run(["mksquashfs", Tree, image, "-quiet", "-no-progress", .. options.Split(' ')]);
        }

        return image;
    }

    /// <summary>Everything in a directory, a line each.</summary>
    public static string List(string directory) => Run("python3", "-c", Listing, directory);

    /// <summary>Runs a program and gives its output.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string Run(params string[] command)
    {
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{command[0]} ended with {process.ExitCode}: {errors.Result}");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}

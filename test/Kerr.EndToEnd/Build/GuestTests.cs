using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Build;

/// <summary>An ordinary user, with subordinate ids and without, installs packages in guests whose C library is not the host's.</summary>
public class GuestTests
{
    [Theory]
    [InlineData(Builder.Range)]
    [InlineData(Builder.Single)]
    public void In_Debian(Builder builder) => Install(builder, DebianTree.Directory);

    [Theory]
    [InlineData(Builder.Range)]
    [InlineData(Builder.Single)]
    public void In_a_Debian_with_an_older_C_library(Builder builder)
    {
        string tree = DebianTree.Old;
        Assert.NotEqual(Version(DebianTree.Directory), Version(tree));
        Install(builder, tree);
    }

    [Theory]
    [InlineData(Builder.Range)]
    [InlineData(Builder.Single)]
    public void With_musl(Builder builder)
    {
        Need.Program("musl-gcc");
        string directory = Host.Directory();
        Host.Write(directory + "/install.c", Installer);
        Host.Run("musl-gcc", "-O1", "-o", directory + "/install", directory + "/install.c");
        ImageTree tree = Images.New();
        File.Copy("/lib/ld-musl-x86_64.so.1", tree.Path + "/lib/ld-musl-x86_64.so.1");
        File.SetUnixFileMode(tree.Path + "/lib/ld-musl-x86_64.so.1", Modes.Everybody);
        File.Copy(directory + "/install", tree.Path + "/bin/install");
        File.SetUnixFileMode(tree.Path + "/bin/install", Modes.Everybody);

        var definition = new Definition(builder, "%post\n /bin/install /opt/package\n", tree.Sif());
        definition.Build().Succeeds();
        definition.Shell("cat /opt/package/data; stat -c %a /opt/package/program").Prints("installed\n4755");
        definition.Caller.Run("exec", "image.sif", "/bin/install", "--version").Prints("1");
    }

    // A package as they come: files of several owners, a set-group-id program, a user, a script that changes owners.
    private static void Install(Builder builder, string tree)
    {
        Need.Program("dpkg-deb");
        string package = Host.Directory() + "/package";
        Host.Write(package + "/DEBIAN/control", "Package: kerr-test\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: test\n");
        Host.Write(package + "/DEBIAN/postinst",
            "#!/bin/sh\nset -e\nuseradd --system kerrtest\nchown kerrtest:mail /usr/lib/kerr-test/data\nchown -R 123:456 /usr/lib/kerr-test/more\nchmod 2755 /usr/bin/kerr-test\nldconfig\n", Modes.Everybody);
        Host.Write(package + "/usr/bin/kerr-test", "#!/bin/sh\ncat /usr/lib/kerr-test/data\n", Modes.Everybody);
        Host.Write(package + "/usr/lib/kerr-test/data", "installed\n");
        Host.Write(package + "/usr/lib/kerr-test/more/file", "x");
        Host.Run("chown", "-R", "0:0", package);
        Host.Run("chown", "7:12", package + "/usr/lib/kerr-test/more/file");
        Host.Run("dpkg-deb", "-Zgzip", "--build", package, package + ".deb");

        // As a file: a directory that root owns would be copied for a user without ids, and that is another test.
        string image = Path.GetDirectoryName(package) + "/guest.sif";
        As.Root.Run("build", image, tree).Succeeds();
        File.SetUnixFileMode(package + ".deb", Modes.Readable);
        var definition = new Definition(builder, $"%files\n {package}.deb /opt/package.deb\n%post\n dpkg -i /opt/package.deb\n dpkg -s kerr-test | grep 'install ok installed'\n", image);
        definition.Build().Succeeds();

        definition.Caller.Run("exec", "image.sif", "kerr-test").Prints("installed");
        definition.Shell("grep -c ^kerrtest: /etc/passwd; stat -c %a /usr/bin/kerr-test; dpkg --verify kerr-test").Prints("1\n2755");
        if (builder == Builder.Range)
        {
            As.Root.In(definition.Directory).Run("exec", "image.sif", "stat", "-c", "%u:%g %G", "/usr/lib/kerr-test/more/file", "/usr/lib/kerr-test/data").Shows("123:456").Shows(" mail");
        }

        definition.Caller.Run("inspect", "image.sif").Shows("org.kerr.reproducible: no: %post runs dpkg");
        definition.AssertClean();
    }

    private static string Version(string tree) => Host.Run("chroot", tree, "ldd", "--version").Split('\n')[0];

    // What package managers do, by musl's own calls; each must seem to have worked.
    private const string Installer = """
        #include <errno.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/stat.h>
        #include <sys/sysmacros.h>
        #include <unistd.h>

        static int failed;
        static void check(int result, const char *what) { if (result < 0) { failed = 1; fprintf(stderr, "%s: %s\n", what, strerror(errno)); } }

        int main(int argc, char **argv)
        {
            char path[256];
            if (argc > 1 && !strcmp(argv[1], "--version")) return puts("1") < 0;
            check(mkdir(argv[1], 0700), "mkdir");
            check(chown(argv[1], 1, 1), "chown of a directory");
            snprintf(path, sizeof path, "%s/data", argv[1]);
            int fd = open(path, O_CREAT | O_WRONLY, 0644);
            check(fd, "open");
            check(write(fd, "installed\n", 10), "write");
            check(fchown(fd, 33, 33), "fchown");
            check(fchmod(fd, 0644), "fchmod");
            close(fd);
            snprintf(path, sizeof path, "%s/program", argv[1]);
            check(open(path, O_CREAT | O_WRONLY, 0644), "open");
            check(fchownat(AT_FDCWD, path, 0, 12, AT_SYMLINK_NOFOLLOW), "fchownat");
            check(chmod(path, 04755), "chmod");
            check(chmod(argv[1], 0755), "chmod of a directory");
            check(chown(argv[1], 0, 0), "chown back");
            check(setgid(0), "setgid");
            check(setuid(0), "setuid");
            return failed;
        }

        """;
}

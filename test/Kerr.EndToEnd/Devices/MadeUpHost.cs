using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;

namespace Kerr.EndToEnd.Devices;

/// <summary>A host with an accelerator that nobody has: libraries compiled here, in a loader's cache and a /dev of the caller's own.</summary>
internal static class MadeUpHost
{
    private static string? directory;

    /// <summary>Where the libraries are: <c>libcuda.so.1</c>, <c>libnvidia-ml.so.1</c>, and <c>libnvidia-new.so.1</c>, which wants a glibc that nobody has.</summary>
    public static string Libraries => directory ??= Make();

    /// <summary>Puts the cache and devices in place: nvidia0 and nvidiactl for everybody, nvidia1 for nobody (as a job's cgroup does it).</summary>
    public static string Script => $"""
        mount --bind {Libraries}/ld.so.cache /etc/ld.so.cache
        {Devices}
        """;

    private const string Devices = """
        mount -t tmpfs -o mode=0755 none /mnt
        for name in null zero full random urandom tty fuse; do : >/mnt/$name; mount --bind /dev/$name /mnt/$name; done
        mkdir /mnt/pts /mnt/shm
        mknod -m 666 /mnt/nvidia0 c 1 3
        mknod -m 600 /mnt/nvidia1 c 1 3
        mknod -m 666 /mnt/nvidiactl c 1 3
        mknod -m 666 /mnt/kfd c 1 3
        mkdir -p /mnt/dri /mnt/accel
        mknod -m 666 /mnt/dri/renderD128 c 1 3
        mknod -m 666 /mnt/accel/accel0 c 1 3
        mknod -m 666 /mnt/accel/accel1 c 1 3
        mount --rbind /mnt /dev
        """;

    /// <summary>Two GPUs as the driver shows them, both with nodes that the user may open.</summary>
    public static string TwoGpus => Script + """

        chmod 666 /dev/nvidia1
        mount -t tmpfs -o mode=0755 none /proc/driver
        for i in 0 1; do
            mkdir -p /proc/driver/nvidia/gpus/0000:0$i:00.0
            printf 'Model: \t Made Up\nGPU UUID: \t GPU-000%s\nDevice Minor: \t %s\n' $i $i >/proc/driver/nvidia/gpus/0000:0$i:00.0/information
        done
        """;

    /// <summary>An image with busybox, this host's C library, loader and ldconfig, and a program that asks <c>libcuda.so.1</c> who it is.</summary>
    public static ImageTree Image()
    {
        ImageTree image = WithGlibc(Images.New());
        string program = $"{Libraries}/ask";
        return image.Copy("/bin/ask", program);
    }

    public static ImageTree WithGlibc(ImageTree image)
    {
        Need.Feature(File.Exists("/lib64/ld-linux-x86-64.so.2"), "glibc on x86-64");
        return image.Copy("/lib64/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2")
            .Copy("/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libc.so.6")
            .Copy("/lib/x86_64-linux-gnu/libm.so.6", "/lib/x86_64-linux-gnu/libm.so.6")
            .Copy("/sbin/ldconfig", "/sbin/ldconfig");
    }

    /// <summary>An image whose C library defines no newer symbols than these; nothing can run with it.</summary>
    public static ImageTree WithMadeUpGlibc(params string[] versions)
    {
        ImageTree image = Images.New().Directory("/lib/x86_64-linux-gnu");
        Library($"{image.Path}/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6", Symbols(versions), versions);
        return image;
    }

    /// <summary>Compiles a shared object without a C library; each version that it defines has a symbol of its own.</summary>
    public static void Library(string path, string soname, string source, string[] versions, params string[] options)
    {
        Need.Program("gcc");
        string script = $"{path}.map", code = $"{path}.c";
        string map = "";
        foreach (string version in versions)
        {
            map += $"{version} {{ global: {Symbol(version)}; }};\n";
        }

        Host.Write(script, map.Length > 0 ? map : "{ global: *; };\n");
        Host.Write(code, source);
        Host.Run(["gcc", "-shared", "-fPIC", "-nostdlib", "-o", path, code, $"-Wl,-soname,{soname}", $"-Wl,--version-script,{script}", .. options]);
        File.Delete(script);
        File.Delete(code);
        File.SetUnixFileMode(path, Modes.Everybody);
    }

    private static string Make()
    {
        Need.Program("gcc");
        string made = Host.Directory();
        Library($"{made}/libcuda.so.550.1", "libcuda.so.1", "const char *who(void) { return \"the host's driver\"; }", []);
        Library($"{made}/libnvidia-ml.so.1", "libnvidia-ml.so.1", "int ml;", []);
        Library($"{made}/libhsa-runtime64.so.1", "libhsa-runtime64.so.1", "int hsa;", []);
        Library($"{made}/stub.so", "libc.so.6", "void of_GLIBC_9_9(void) {}", ["GLIBC_9.9"]);
        Library($"{made}/libnvidia-new.so.1", "libnvidia-new.so.1", "void of_GLIBC_9_9(void); void use(void) { of_GLIBC_9_9(); }", [], $"{made}/stub.so");
        File.Delete($"{made}/stub.so");
        File.CreateSymbolicLink($"{made}/libcuda.so.1", "libcuda.so.550.1");
        File.CreateSymbolicLink($"{made}/libcuda.so", "libcuda.so.1");
        Host.Write($"{made}/ask.c", "#include <stdio.h>\nextern const char *who(void);\nint main(void) { puts(who()); return 0; }\n");
        Host.Run("gcc", "-O1", "-o", $"{made}/ask", $"{made}/ask.c", $"-L{made}", "-l:libcuda.so.550.1");
        Directory.CreateDirectory($"{made}/32");
        Library($"{made}/32/libcuda.so.550.1", "libcuda.so.1", "int cuda32;", [], "-m32");
        Library($"{made}/32/libnvidia-ml.so.1", "libnvidia-ml.so.1", "int ml32;", [], "-m32");
        Library($"{made}/32/libhsa-runtime64.so.1", "libhsa-runtime64.so.1", "int hsa32;", [], "-m32");
        File.CreateSymbolicLink($"{made}/32/libcuda.so.1", "libcuda.so.550.1");
        Host.Write($"{made}/ld.so.conf", $"{made}\n{made}/32\n");
        Host.Run("/sbin/ldconfig", "-X", "-C", $"{made}/ld.so.cache", "-f", $"{made}/ld.so.conf");
        File.SetUnixFileMode($"{made}/ld.so.cache", Modes.Readable);
        Host.Write($"{made}/nvidia-smi", "#!/bin/sh\necho made-up smi\n", Modes.Everybody);
        return made;
    }

    private static string Symbol(string version) => "of_" + version.Replace('.', '_');

    private static string Symbols(string[] versions)
    {
        string code = "";
        foreach (string version in versions)
        {
            code += $"void {Symbol(version)}(void) {{}}\n";
        }

        return code;
    }
}

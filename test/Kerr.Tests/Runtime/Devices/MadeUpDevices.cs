using Kerr.Image.Elf;
using Kerr.Tests.Image.Elf;
using Kerr.Tests.Runtime.Launch;

namespace Kerr.Tests.Runtime.Devices;

/// <summary>A host with two GPUs of one model, drivers, an Open MPI and a CDI description; and the libraries of a container with glibc 2.31.</summary>
internal static class MadeUpDevices
{
    private const string Lib = "/usr/lib/x86_64-linux-gnu/";

    public const string List = "# programs\nnvidia-smi\nno-such-program\nlibcuda.so\nlibnvidia-ml.so # by name\nlibnvidia-new.so\nlibGL.so\n/etc/vulkan/icd.d/nvidia_icd.json\n/no/such.json\n";

    public static void AddTo(MadeUpHost host)
    {
        LoaderCache cache = LoaderCache.Empty;
        Library(host, cache, "libcuda.so.1", "GLIBC_2.17");
        Library(host, cache, "libcuda.so", "GLIBC_2.17");
        Library(host, cache, "libnvidia-ml.so.1", "GLIBC_2.14");
        Library(host, cache, "libnvidia-new.so.1", "GLIBC_2.34");
        Library(host, cache, "libc.so.6", "GLIBC_2.36");
        host.Tree.With(Lib + "libopen-pal.so.40", new ElfBytes().SoName("libopen-pal.so.40").Needs("libc.so.6", "GLIBC_2.17").Bytes())
            .With(Lib + "libmpi.so.40", [.. new ElfBytes().SoName("libmpi.so.40").Needs("libopen-pal.so.40").Needs("libc.so.6", "GLIBC_2.17").Bytes(), .. "\0v4.1.4\0"u8])
            .With(Lib + "openmpi/mca_btl_tcp.so", new ElfBytes().Needs("libnet.so.1").Bytes())
            .With(Lib + "libnet.so.1", ElfBytes.Library("libnet.so.1"))
            .With("/etc/ld.so.cache", cache.Write())
            .With("/opt/kerr/etc/kerr/nvliblist.conf", List)
            .With("/etc/vulkan/icd.d/nvidia_icd.json", "{}")
            .With("/data/cdi/vendor.yaml", Description)
            .With("/data/gpu/libvendor.so.7", new ElfBytes().SoName("libvendor.so.1").Needs("libc.so.6", "GLIBC_2.17").Bytes())
            .With("/data/gpu/libtoonew.so.7", new ElfBytes().SoName("libtoonew.so.1").Needs("libc.so.6", "GLIBC_2.39").Bytes())
            .With("/usr/bin/nvidia-smi", ElfBytes.Library("x", "libnvidia-ml.so.1"));
        foreach (string node in (string[])["nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "nvidia-caps/nvidia-cap1", "vendor0"])
        {
            host.Tree.With("/dev/" + node, "");
        }

        Gpu(host, "0000:07:00.0", 0, "GPU-aaaa");
        Gpu(host, "0000:0f:00.0", 1, "GPU-bbbb");
        host.Programs["nvidia-smi"] = "/usr/bin/nvidia-smi";
    }

    public static FileTree Container() => new FileTree()
        .With("/lib/x86_64-linux-gnu/libc.so.6", ElfBytes.Glibc("GLIBC_2.2.5", "GLIBC_2.14", "GLIBC_2.17", "GLIBC_2.31"))
        .With("/usr/lib/x86_64-linux-gnu/libmpi.so.40", [.. ElfBytes.Library("libmpi.so.40", "libopen-pal.so.40", "libc.so.6"), .. "\0v4.0.3\0"u8]);

    private const string Description = """
        ---
        # as a generator writes it
        cdiVersion: "0.6.0"
        kind: vendor.org/gpu
        devices:
        - name: one
          containerEdits:
            deviceNodes:
            - path: /dev/vendor0
        containerEdits:
          env:
          - VENDOR_VISIBLE=void
          mounts:
          - hostPath: /data/gpu/libvendor.so.7
            containerPath: /usr/lib64/libvendor.so.7
            options: [ro, nosuid, nodev, bind]
          - hostPath: /data/gpu/libtoonew.so.7
            containerPath: /usr/lib64/libtoonew.so.7
            options: [ro]
          hooks:
          - hookName: createContainer
            path: /usr/bin/vendor-hook
            args: [vendor-hook, create-symlinks, --link, "libvendor.so.1::/usr/lib64/libvendor.so"]
          - hookName: createContainer
            path: /usr/bin/vendor-hook
            args:
            - vendor-hook
            - update-ldcache
            - --folder
            - /usr/lib64
        """;

    private static void Library(MadeUpHost host, LoaderCache cache, string name, string version)
    {
        host.Tree.With(Lib + name, name == "libc.so.6" ? ElfBytes.Glibc("GLIBC_2.2.5", version) : new ElfBytes().SoName(name).Needs("libc.so.6", version).Bytes());
        cache.Add(name, Lib + name, 0x0303);
    }

    private static void Gpu(MadeUpHost host, string bus, int minor, string uuid)
        => host.Tree.With($"/proc/driver/nvidia/gpus/{bus}/information",
            $"Model: \t\t Made Up 100\nIRQ:   \t\t 65\nGPU UUID: \t {uuid}\nBus Location: \t {bus}\nDevice Minor: \t {minor}\n");
}

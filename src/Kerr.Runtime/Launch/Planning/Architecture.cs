using System.Runtime.InteropServices;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Processor architectures by their Go names, as images carry them.</summary>
internal static class Architecture
{
    public static string Host => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.X86 => "386",
        System.Runtime.InteropServices.Architecture.Arm => "arm",
        System.Runtime.InteropServices.Architecture.Ppc64le => "ppc64le",
        System.Runtime.InteropServices.Architecture.S390x => "s390x",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>Whether programs of another architecture run here: natively, or by an interpreter registered with binfmt_misc.</summary>
    public static bool Runs(string architecture, IHostFacts host)
    {
        if (architecture == "386" && Host == "amd64")
        {
            return true;
        }

        string machine = architecture switch
        {
            "amd64" => "x86_64",
            "arm64" => "aarch64",
            "386" => "i386",
            _ => architecture,
        };
        return host.ReadText($"/proc/sys/fs/binfmt_misc/qemu-{machine}")?.StartsWith("enabled", System.StringComparison.Ordinal) is true;
    }
}

using System.Globalization;
using System.Linq;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F23: ten thousand binds.</summary>
public class F23_ManyBindsTests
{
    [Fact]
    public void Ten_thousand_binds_are_all_there()
    {
        const int Count = 10_000;
        string file = Host.Write(Host.Directory() + "/source", "bound\n");
        string[] lists = [.. Enumerable.Range(0, Count / 100).Select(hundred => string.Join(',', Enumerable.Range(hundred * 100, 100)
            .Select(i => $"{file}:/mnt/{i.ToString(CultureInfo.InvariantCulture)}:ro")))];
        string[] line = ["exec", .. lists.SelectMany(static list => (string[])["-B", list]), Images.Directory, "/bin/sh", "-c",
            "ls /mnt | wc -l; cat /mnt/0 /mnt/9999; grep -c ' /mnt/' /proc/self/mountinfo"];
        As.User.Run(line).Prints($"{Count}\nbound\nbound\n{Count}");
    }
}

using System;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Runtime.Launch;

namespace Kerr.Runtime.Devices;

/// <summary>A list of what an accelerator needs of the host: <c>nvliblist.conf</c> and its like.</summary>
/// <remarks>
/// One name a line, # begins a comment: a library's base name (<c>libcuda.so</c>: all its generations), the absolute path of a file, or a
/// program that is looked for in the search path.
/// </remarks>
internal sealed record AcceleratorList(IReadOnlyList<string> Libraries, IReadOnlyList<string> Programs, IReadOnlyList<string> Files)
{
    public static AcceleratorList Read(IHostFacts host, string path)
        => Parse(host.ReadText(path) ?? throw new UserException(
            $"the list of files {path} cannot be read", "install it again, or make it: one library, program or path a line"));

    public static AcceleratorList Parse(string text)
    {
        List<string> libraries = [], programs = [], files = [];
        foreach (string line in text.Split('\n'))
        {
            int comment = line.IndexOf('#', StringComparison.Ordinal);
            string entry = AsciiText.Trim(comment < 0 ? line : line[..comment]);
            if (entry.Length == 0)
            {
                continue;
            }

            List<string> kind = entry[0] == '/' ? files : IsLibrary(entry) ? libraries : programs;
            if (!kind.Contains(entry) && (kind == files || !entry.Contains('/', StringComparison.Ordinal)))
            {
                kind.Add(entry);
            }
        }

        return new AcceleratorList(libraries, programs, files);
    }

    public static bool IsLibrary(string name)
        => name.EndsWith(".so", StringComparison.Ordinal) || name.Contains(".so.", StringComparison.Ordinal);
}

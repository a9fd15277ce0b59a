using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using Kerr.Runtime.Environment;

namespace Kerr.Tests.Runtime.Environment.Shell;

/// <summary>Runs a script by one of the host's shells.</summary>
internal static class RealShell
{
    /// <summary>The command line of a shell by name; busybox runs as its ash.</summary>
    private static List<string> Command(string shell) => shell == "busybox" ? ["busybox", "sh"] : [shell];

    /// <summary>What the script writes to standard output, one char to a byte.</summary>
    internal static string Output(
        string shell, string script, IReadOnlyList<EnvironmentVariable> environment, params string[] arguments)
    {
        Need.Program(Command(shell)[0]);
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, Encoding.Latin1.GetBytes(script));
            ProcessStartInfo start = new("timeout")
            {
                RedirectStandardOutput = true,
                StandardOutputEncoding = Encoding.Latin1,
            };
            foreach (string part in (List<string>)["20", "env", "-i", .. Environment(environment), .. Command(shell), file, .. arguments])
            {
                start.ArgumentList.Add(part);
            }

            using Process process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return output;
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Reads what <c>env -0</c> prints.</summary>
    internal static List<EnvironmentVariable> ReadEnvironment(string output)
    {
        List<EnvironmentVariable> variables = [];
        foreach (string line in output.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            variables.Add(EnvironmentVariable.Parse(line)!.Value);
        }

        return variables;
    }

    // Process arguments are UTF-16 encoded as UTF-8: the tests that use bytes beyond ASCII put them into the script.
    private static IEnumerable<string> Environment(IReadOnlyList<EnvironmentVariable> variables)
    {
        foreach (EnvironmentVariable variable in variables)
        {
            yield return variable.ToString();
        }
    }
}

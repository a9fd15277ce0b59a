using Kerr.Tests;

namespace Kerr.EndToEnd.Harness;

/// <summary>Programs without libraries, compiled once per run, for images that hold nothing else.</summary>
internal static class StaticPrograms
{
    private static string? exit37;
    private static string? userNamespace;

    /// <summary>Ends with 37.</summary>
    public static string Exit37 => exit37 ??= Compile("exit_37", "int main(void) { return 37; }\n");

    /// <summary>Prints the user namespace that it is in.</summary>
    public static string UserNamespace => userNamespace ??= Compile("get_user_ns", """
        #include <stdio.h>
        #include <unistd.h>
        int main(void)
        {
            char text[64];
            ssize_t length = readlink("/proc/self/ns/user", text, sizeof text - 1);
            if (length < 0) { perror("readlink"); return 1; }
            text[length] = 0;
            return puts(text) < 0;
        }

        """);

    private static string Compile(string name, string source)
    {
        Need.Program("gcc");
        string directory = Host.Directory();
        Host.Write($"{directory}/{name}.c", source);
        Host.Run("gcc", "-static", "-O1", "-o", $"{directory}/{name}", $"{directory}/{name}.c");
        return $"{directory}/{name}";
    }
}

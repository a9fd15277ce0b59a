using System;
using System.IO;
using Kerr.Tests;

namespace Kerr.EndToEnd.Harness;

/// <summary>The small C programs of Native/, static, compiled once per run; each says in its first lines what it does.</summary>
internal static class Programs
{
    /// <summary>Becomes another program under odd circumstances.</summary>
    public static string Caller => Compile("caller");

    /// <summary>Prints what a process inherits.</summary>
    public static string Inherited => Compile("inherited");

    /// <summary>Holds secrets beside the program that it runs.</summary>
    public static string Victim => Compile("victim");

    /// <summary>Attacks.</summary>
    public static string Hostile => Compile("hostile");

    /// <summary>Prints its arguments and environment, byte by byte.</summary>
    public static string Bytes => Compile("bytes");

    /// <summary>A file system that never answers.</summary>
    public static string Silence => Compile("silence");

    /// <summary>A stranger to the keeper of shared images, or a neighbour.</summary>
    public static string Meeting => Compile("meeting");

    /// <summary>Executes a starter with a plan from a file, and arguments and environment of the test.</summary>
    public static string Sealed => Compile("sealed");

    /// <summary>Asks starter-suid for what it should refuse, in the place of starter-user.</summary>
    public static string Asking => Compile("asking");

    private static string Compile(string name)
    {
        string program = $"{Tree.Run}/programs/{name}";
        if (!File.Exists(program))
        {
            Need.Program("gcc");
            Directory.CreateDirectory(Path.GetDirectoryName(program)!);
            Host.Run("gcc", "-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o", program, $"{AppContext.BaseDirectory}/Native/{name}.c");
            File.SetUnixFileMode(program, Modes.Everybody);
        }

        return program;
    }
}

using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Runtime.Environment.Shell;

namespace Kerr.Runtime.Environment;

/// <summary>What <c>--env-file</c> files say.</summary>
/// <param name="Variables">In the order in which they were first set; of several files the later wins.</param>
/// <param name="Output">What the files print with <c>echo</c> and <c>printf</c>; goes to standard output.</param>
/// <param name="Messages">What a shell would complain of without giving up; goes to standard error.</param>
public sealed record EnvFileResult(
    IReadOnlyList<EnvironmentVariable> Variables, string Output, IReadOnlyList<string> Messages);

/// <summary>Evaluates <c>--env-file</c> files: shell in which all assignments count, and no program runs.</summary>
public static class EnvFile
{
    /// <param name="files">Names, as the user gave them, and contents.</param>
    /// <param name="arguments">The container's arguments, <c>$1</c> and so on.</param>
    /// <param name="host">The caller's environment: visible, but not part of the result unless exported.</param>
    /// <param name="image">The image as named on the command line: <c>$APPTAINER_IMAGE</c>.</param>
    /// <exception cref="UserException">A file is no shell, or does what is not allowed in it.</exception>
    public static EnvFileResult Evaluate(
        IReadOnlyList<KeyValuePair<string, byte[]>> files,
        IReadOnlyList<string> arguments,
        IReadOnlyList<EnvironmentVariable> host,
        string image,
        int uid,
        int gid)
    {
        List<EnvironmentVariable> result = [];
        Dictionary<string, int> places = [];
        string output = "";
        List<string> messages = [];
        foreach ((string name, byte[] text) in files)
        {
            ShellInterpreter shell = Prepare(arguments, host, image, uid, gid);
            Run(shell, name, text);
            output += shell.Output;
            messages.AddRange(shell.Messages);
            foreach ((string key, ShellVariable variable) in shell.Variables.All)
            {
                if (!variable.Exported || variable.Value is null || IsReserved(key))
                {
                    continue;
                }

                if (places.TryAdd(key, result.Count))
                {
                    result.Add(new(key, variable.Value));
                }
                else
                {
                    result[places[key]] = new(key, variable.Value);
                }
            }
        }

        return new(result, output, messages);
    }

    private static bool IsReserved(string name) =>
        name is "EUID" or "GID" or "HOME" or "IFS" or "OPTIND" or "PWD" or "UID";

    private static ShellInterpreter Prepare(
        IReadOnlyList<string> arguments, IReadOnlyList<EnvironmentVariable> host, string image, int uid, int gid)
    {
        ShellVariables variables = new();
        foreach (EnvironmentVariable variable in host)
        {
            variables.Set(variable.Name, variable.Value, "host");
        }

        variables.Set("APPTAINER_IMAGE", image, "host");
        variables.Set("IFS", " \t\n", "shell");
        ShellIdentity.Set(variables, uid, gid);
        return new ShellInterpreter(variables, new ShellOptions
        {
            Name = "apptainer",
            Arguments = arguments,
            ExportsAll = true,
            KeepsOutput = true,
            AllowsNullDevice = false,
        });
    }

    private static void Run(ShellInterpreter shell, string name, byte[] text)
    {
        try
        {
            shell.Run(ByteText.FromNative(text), name);
        }
        catch (ShellErrorException error)
        {
            throw new UserException(
                $"environment file {name} cannot be evaluated: line {error.Line}: {error.What}",
                "write one NAME=value per line, with quotes around values that hold blanks", error);
        }
        catch (ShellUnsupportedException error)
        {
            (string what, string remedy) = error.Refusal switch
            {
                ShellRefusal.Command => (
                    $"could not execute \"{error.Construct}\": execution is disabled",
                    "write the value itself into the file, or use --env NAME=\"$(command)\""),
                ShellRefusal.Redirection => (
                    $"could not open/create/modify \"{error.Construct}\": file feature is disabled",
                    "write the assignments into the file itself, or give several --env-file options"),
                _ => ($"{error.Construct} is not possible in an environment file", "use plain NAME=value lines"),
            };
            throw new UserException($"while processing {name}: line {error.Line}: {what}", remedy, error);
        }
    }
}

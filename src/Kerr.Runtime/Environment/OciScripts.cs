using System;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Runtime.Environment.Shell;

namespace Kerr.Runtime.Environment;

/// <summary>Understands the runscript that conversion of an OCI image writes, so that it needs no shell in the image.</summary>
public static class OciScripts
{
    // Every release of the peers that writes such a script, with or without --no-eval, has this line in it.
    private const string Mark = "\neval \"set ${SINGULARITY_OCI_RUN}\"\n";

    /// <summary>
    /// The command line that the runscript ends in, its program still to be searched in PATH; null when it is another script, or
    /// one that only a real shell can run.
    /// </summary>
    /// <param name="environment">The payload's environment; SINGULARITY_NO_EVAL in it has the arguments taken as they are.</param>
    public static IReadOnlyList<string>? CommandLine(
        byte[] runscript,
        IReadOnlyList<string> arguments,
        IReadOnlyList<EnvironmentVariable> environment,
        int uid,
        int gid)
    {
        string text = ByteText.FromNative(runscript);
        if (!(text + "\n").Contains(Mark, StringComparison.Ordinal))
        {
            return null;
        }

        ShellVariables variables = new();
        foreach (EnvironmentVariable variable in environment)
        {
            variables.Export(variable.Name, variable.Value, "environment");
        }

        variables.Set("IFS", " \t\n", "shell");
        ShellIdentity.Set(variables, uid, gid);
        ShellInterpreter shell = new(variables, new ShellOptions
        {
            Name = "/.singularity.d/runscript",
            Arguments = arguments,
            IsRunscript = true,
        });
        try
        {
            shell.Run(text, "/.singularity.d/runscript");
            return shell.Executed;
        }
        catch (Exception error) when (error is ShellUnsupportedException or ShellErrorException)
        {
            return null;
        }
    }
}

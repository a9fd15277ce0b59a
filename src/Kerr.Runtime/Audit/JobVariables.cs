using System;
using System.Collections.Generic;

namespace Kerr.Runtime.Audit;

/// <summary>The variables by which batch systems tell a job who it is. A user can set them to anything: they are claims.</summary>
public static class JobVariables
{
    private const int LongestId = 64;

    private static readonly string[] s_names =
    [
        "SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "PBS_JOBID", "LSB_JOBID", "LSB_JOBINDEX", "JOB_ID", "SGE_TASK_ID",
        "FLUX_JOB_ID", "COBALT_JOBID", "OAR_JOB_ID", "_CONDOR_SLOT",
    ];

    /// <summary>Those of an environment; what does not look like an id is left out, since no other value may get into a record.</summary>
    public static List<(string Name, string Id)> In(IReadOnlyList<string> environment)
    {
        var found = new List<(string, string)>();
        foreach (string variable in environment)
        {
            int equals = variable.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && Array.IndexOf(s_names, variable[..equals]) >= 0 && found.Count < s_names.Length)
            {
                string value = variable[(equals + 1)..];
                found.Add((variable[..equals], IsId(value) ? value : "?"));
            }
        }

        return found;
    }

    private static bool IsId(string value)
    {
        foreach (char c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-' or '[' or ']' or '@'))
            {
                return false;
            }
        }

        return value.Length is > 0 and <= LongestId;
    }
}

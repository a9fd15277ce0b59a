namespace Kerr.Runtime.Environment;

/// <summary>Lists of directories separated by colons.</summary>
internal static class SearchPath
{
    /// <summary>Appends those default directories that a PATH does not name.</summary>
    internal static string WithDefaults(string path)
    {
        string result = path;
        foreach (string directory in HostEnvironment.DefaultPath.Split(':'))
        {
            if (!$":{path}:".Contains($":{directory}:", System.StringComparison.Ordinal))
            {
                result = result.Length == 0 ? directory : $"{result}:{directory}";
            }
        }

        return result;
    }
}

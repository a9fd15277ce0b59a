using System.Globalization;
using Kerr.Runtime.Environment.Shell;

namespace Kerr.Runtime.Environment;

/// <summary>The variables by which scripts learn who runs them.</summary>
internal static class ShellIdentity
{
    /// <summary>Sets UID, EUID and GID read-only, unless the environment brought a variable of the name.</summary>
    internal static void Set(ShellVariables variables, int uid, int gid)
    {
        Set(variables, "UID", uid);
        Set(variables, "EUID", uid);
        Set(variables, "GID", gid);
    }

    private static void Set(ShellVariables variables, string name, int id)
    {
        if (variables.Get(name) is null)
        {
            variables.Set(name, id.ToString(CultureInfo.InvariantCulture), "shell");
            variables.Declare(name).ReadOnly = true;
        }
    }
}

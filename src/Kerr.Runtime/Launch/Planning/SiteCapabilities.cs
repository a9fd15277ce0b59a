using System.IO;
using System.Text;
using Kerr.Linux;
using Kerr.Runtime.Configuration;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>What <c>capability.json</c> comes to in a launch: the default of root, and what --add-caps of others is worth.</summary>
internal static class SiteCapabilities
{
    /// <summary>What the file grants to root: <c>root default capabilities = file</c>.</summary>
    public static ulong OfRoot(PlanContext plan)
    {
        string path = plan.Installation.CapabilityFile;

        // Whoever can write the file would decide what root's containers may do.
        if (plan.Host.Stat(path) is { } status && (status.Uid != 0 || (status.Permissions & 0x12) != 0))
        {
            throw new UserException($"{path} must be owned by root, and writable for nobody else", $"look at it, then: chown root:root {path}; chmod 0644 {path}");
        }

        return Read(plan, path) is { } file ? OfCaller(plan, file, "root") : 0;
    }

    /// <summary>
    /// Those of the capabilities that a user may have; about the others there is a warning, in the words of the peers.
    /// </summary>
    /// <remarks>
    /// They hold over the launch's own user namespace, where a user could take every capability without us; so a file that somebody
    /// else may write does no harm here. The setuid starter gives none at all: inside, nobody gains (docs/security.md).
    /// </remarks>
    public static ulong Granted(PlanContext plan, ulong wanted)
    {
        bool ownNamespace = plan.Isolation.Mode == LaunchMode.UserNamespace;
        ulong authorized = Read(plan, plan.Installation.CapabilityFile) is { } file ? wanted & OfCaller(plan, file, plan.Host.User?.Name) : 0;
        if ((wanted & ~authorized) != 0)
        {
            plan.Notes.Warn($"not authorized to add capability: {string.Join(',', Capabilities.Names(wanted & ~authorized))}");
        }

        if (!ownNamespace && authorized != 0)
        {
            plan.Notes.Warn($"a capability is given over a user namespace only, add --userns: {string.Join(',', Capabilities.Names(authorized))}");
        }

        return ownNamespace ? authorized : 0;
    }

    private static ulong OfCaller(PlanContext plan, CapabilityFile file, string? user)
    {
        ulong set = file.OfUser(user);
        if (file.Groups.Count > 0)
        {
            foreach (GroupEntry group in plan.Host.GroupNames())
            {
                set |= file.OfGroup(group.Name);
            }
        }

        return set;
    }

    /// <summary>Null where there is no file, or none that the caller may read: then nothing is granted.</summary>
    private static CapabilityFile? Read(PlanContext plan, string path)
    {
        if (plan.Host.ReadText(path) is not { } text)
        {
            return null;
        }

        try
        {
            return CapabilityFile.Parse(Encoding.Latin1.GetBytes(text));
        }
        catch (InvalidDataException error)
        {
            throw new UserException($"{path}: {error.Message}", $"correct {path}, or remove it", error);
        }
    }
}

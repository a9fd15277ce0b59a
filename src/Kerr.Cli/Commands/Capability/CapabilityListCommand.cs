using System.Collections.Generic;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands.Capability;

/// <summary><c>capability list</c>: who has what.</summary>
internal static class CapabilityListCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Show the capabilities of users and groups",
        Synopsis = "[user or group]",
        Description = "Without an argument all users and groups that have some.",
        Examples = "kerr capability list\nkerr capability list alice",
        Arity = Arity.Between(0, 1),
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string? name = invocation.Arguments.Length > 0 ? invocation.Arguments[0] : null;
        CapabilityFile file = CapabilityGroup.Load(Site.Installation.CapabilityFile);
        var lines = new StringBuilder();
        Append(lines, file.Users, name, "user");
        Append(lines, file.Groups, name, "group");
        if (lines.Length == 0)
        {
            throw new UserException(
                name is null ? "no user and no group has a capability" : $"no capability is set for the user or group {name}",
                $"grant one as root: {invocation.Program.Name} capability add --user {name ?? "NAME"} CAPABILITY");
        }

        StandardStream.Write(StandardStream.Output, Encoding.Latin1.GetBytes(lines.ToString()));
        return 0;
    }

    private static void Append(StringBuilder lines, IReadOnlyDictionary<string, List<string>> holders, string? wanted, string kind)
    {
        foreach ((string name, List<string> capabilities) in holders)
        {
            if (capabilities.Count > 0 && (wanted is null || wanted == name))
            {
                lines.Append(name).Append(" [").Append(kind).Append("]: ").AppendJoin(',', capabilities).Append('\n');
            }
        }
    }
}

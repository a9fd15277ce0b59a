using System.Collections.Generic;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands.Capability;

/// <summary><c>capability avail</c>: the capabilities that there are.</summary>
internal static class CapabilityAvailCommand
{
    private const int NameWidth = 23;

    internal static Command Declare() => new()
    {
        Summary = "Show the capabilities that there are",
        Synopsis = "[capability,...]",
        Description = "With names, only these. More on each: capabilities(7).",
        Examples = "kerr capability avail\nkerr capability avail CAP_NET_RAW",
        Arity = Arity.Between(0, 1),
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        ulong set = Capabilities.All;
        if (invocation.Arguments.Length > 0)
        {
            set = Capabilities.Parse(invocation.Arguments[0], out List<string> unknown);
            if (unknown.Count > 0)
            {
                throw new UserException($"unknown capabilities: {string.Join(',', unknown)}", $"{invocation.Program.Name} capability avail lists all");
            }
        }

        var text = new StringBuilder();
        foreach (string name in Capabilities.Names(set))
        {
            text.Append((name + ":").PadRight(NameWidth)).Append(CapabilityMeanings.Of(name)).Append("\n\n");
        }

        StandardStream.Write(StandardStream.Output, Encoding.Latin1.GetBytes(text.ToString()));
        return 0;
    }
}

using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Kerr.Cli.Commands.Remotes;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Keyservers;

/// <summary><c>keyserver list</c>: which keyservers are asked, in what order.</summary>
internal static class KeyserverListCommand
{
    internal static Command Declare() => new()
    {
        Summary = "List the keyservers",
        Synopsis = "[options] [remote]",
        Description = "List the keyservers of all endpoints, or of the one named, in the order in which they are asked.",
        Examples = "kerr keyserver list",
        Arity = Arity.Between(0, 1),
        Options = static () => RemoteOptions.Plain,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        RemoteConfiguration configuration = RemoteStore.Configuration(invocation);
        string wanted = invocation.Arguments.Length == 1 ? invocation.Arguments[0] : "";
        if (wanted.Length > 0 && !configuration.All.ContainsKey(wanted))
        {
            throw new UserException($"no remote-endpoint with the name \"{wanted}\" found", $"{invocation.Program.Name} remote list shows those that are configured");
        }

        var text = new StringBuilder();
        foreach ((string name, RemoteEndpoint endpoint) in configuration.All)
        {
            if (wanted.Length == 0 || wanted == name)
            {
                string? own = KeyserverGroup.OwnServer(invocation, endpoint);
                Append(text, name, endpoint, name == configuration.Default, own);
            }
        }

        text.Append("\n(* = system endpoint, ^ = default endpoint)\n");
        StandardStream.Write(StandardStream.Output, Encoding.UTF8.GetBytes(text.ToString()));
        return 0;
    }

    internal static void Append(StringBuilder text, string name, RemoteEndpoint endpoint, bool isDefault, string? own)
    {
        text.Append('\n').Append(ByteText.ToUnicode(name)).Append(endpoint.System || isDefault ? " " : "").Append(endpoint.System ? "*" : "").Append(isDefault ? "^" : "").Append('\n');
        var rows = new List<string[]>();
        foreach (Keyserver server in new KeyserverList(endpoint, own).Asked)
        {
            rows.Add([" ", string.Create(CultureInfo.InvariantCulture, $"#{rows.Count + 1}"), server.Uri, server.Insecure ? "" : "🔒"]);
        }

        if (own is null && rows.Count == 0)
        {
            text.Append("   (the endpoint does not tell its keyserver)\n");
        }

        text.Append(AlignedText.Of(rows));
    }
}

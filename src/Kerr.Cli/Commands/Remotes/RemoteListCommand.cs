using System.Collections.Generic;
using System.Text;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Remotes;

/// <summary><c>remote list</c>: the endpoints that are configured.</summary>
internal static class RemoteListCommand
{
    internal static Command Declare() => new()
    {
        Summary = "List all remote endpoints",
        Description = "List all apptainer remote endpoints that are configured: the caller's first, then the site's.",
        Examples = "kerr remote list",
        Arity = Arity.Exactly(0),
        Options = static () => RemoteOptions.Plain,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        StandardStream.Write(StandardStream.Output, Encoding.UTF8.GetBytes(Text(RemoteStore.Configuration(invocation))));
        return 0;
    }

    internal static string Text(RemoteConfiguration configuration)
    {
        List<string[]> rows = [["NAME", "URI", "DEFAULT?", "GLOBAL?", "EXCLUSIVE?", "SECURE?"]];
        foreach (bool system in (bool[])[false, true])
        {
            foreach ((string name, RemoteEndpoint remote) in configuration.All)
            {
                if (remote.System == system)
                {
                    rows.Add([ByteText.ToUnicode(name), ByteText.ToUnicode(remote.Uri), Tick(name == configuration.Default), Tick(system), Tick(remote.Exclusive), remote.Insecure ? "✗!" : "✓"]);
                }
            }
        }

        return "\n" + AlignedText.Of(rows);
    }

    private static string Tick(bool value) => value ? "✓" : "";
}

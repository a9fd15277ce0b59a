using System;

namespace Kerr.Cli.Commands;

/// <summary>Commands that the peers have and this version has not: known, so that nobody looks for a typing error.</summary>
internal static class MissingCommands
{
    private static readonly string[] s_names =
    [
        "checkpoint", "data", "delete", "instance", "key", "keyserver", "oci", "plugin", "remote", "search", "sign", "verify",
    ];

    internal static bool Has(string group, string word) => group.Length == 0 && Array.IndexOf(s_names, word) >= 0;
}

using System;
using System.IO;
using Kerr.EndToEnd.Harness;

namespace Kerr.EndToEnd.Setuid;

/// <summary>A setuid tree in which the user's half is a program that asks for anything: what whoever traces starter-user can do.</summary>
public sealed class HostileTree : IDisposable
{
    private readonly string plan;

    public HostileTree()
    {
        Tree = new SetuidTree();
        plan = Tree.Plan("exec", Images.Directory, "/bin/true");
        File.Copy(Programs.Asking, Tree.Prefix + "/libexec/kerr/starter-user", overwrite: true);
        File.SetUnixFileMode(Tree.Prefix + "/libexec/kerr/starter-user", Modes.Everybody);
    }

    internal SetuidTree Tree { get; }

    /// <summary>Runs the requests, a line each, and answers what it printed.</summary>
    internal Result Ask(params string[] requests) => Ask(As.User, requests);

    /// <summary>The same in a mount namespace that a script of root changes first.</summary>
    internal Result On(string script, params string[] requests) => Ask(As.User.OnHost(script), requests);

    private Result Ask(Caller user, string[] requests)
    {
        Host.Write(Tree.Prefix + "/libexec/kerr/asking", string.Join('\n', requests) + "\n");
        return user.Named(Programs.Sealed).Run(plan, Tree.Starter, "9", "--");
    }

    public void Dispose() => Tree.Dispose();
}

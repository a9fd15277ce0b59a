using System;
using Kerr.EndToEnd.Harness;

namespace Kerr.EndToEnd.Setuid;

/// <summary>While it is there, users run a tree with the setuid starter: tests of one mode become tests of the other.</summary>
public sealed class SetuidUsers : IDisposable
{
    private readonly SetuidTree tree = new();

    public string Prefix => tree.Prefix;

    public SetuidUsers()
    {
        As.UsersProgram = tree.Prefix + "/bin/kerr";
        As.User.Run("--verbose", "exec", Images.Directory, "/bin/true").Succeeds().Warns("Using the setuid starter");
    }

    public void Dispose()
    {
        As.UsersProgram = "kerr";
        tree.Dispose();
    }
}

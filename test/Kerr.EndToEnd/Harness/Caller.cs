using System;
using System.Collections.Generic;

namespace Kerr.EndToEnd.Harness;

/// <summary>In what way a command is run.</summary>
public enum Profile
{
    /// <summary>By an ordinary user.</summary>
    User,

    /// <summary>By root.</summary>
    Root,

    /// <summary>By an ordinary user with --fakeroot.</summary>
    Fakeroot,
}

/// <summary>Somebody who runs the programs: who, where, with what environment and input. Each With… gives another caller.</summary>
/// <remarks>All text is Latin-1, so that a test can hand over any byte.</remarks>
internal sealed record Caller
{
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public required Profile Profile { get; init; }

    /// <summary>The user; null for root.</summary>
    public TestUser? User { get; init; }

    public string Program { get; init; } = "kerr";

    public string WorkingDirectory { get; init; } = "/";

    public string Input { get; init; } = "";

    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>A command that runs the program as its last arguments, as the user.</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Another of the names in bin/, or an absolute path.</summary>
    public Caller Named(string program) => this with { Program = program };

    public Caller In(string directory) => this with { WorkingDirectory = directory };

    public Caller With(params string[] variables)
    {
        var environment = new List<string>(Environment);
        foreach (string variable in variables)
        {
            string name = variable[..(variable.IndexOf('=', StringComparison.Ordinal) + 1)];
            environment.RemoveAll(entry => entry.StartsWith(name, StringComparison.Ordinal));
            environment.Add(variable);
        }

        return this with { Environment = environment };
    }

    /// <summary>No environment but this.</summary>
    public Caller WithOnly(params string[] variables) => this with { Environment = variables };

    public Caller Reading(string input) => this with { Input = input };

    public Caller Under(params string[] wrapper) => this with { Wrapper = wrapper };

    /// <summary>The user's process is changed first: see Native/caller.c.</summary>
    public Caller Having(params string[] changes) => Under([Programs.Caller, .. changes, "--"]);

    /// <summary>In a mount namespace of the caller's own that a script of root changes first.</summary>
    public Caller OnHost(string script) => this with
    {
        User = null,
        Wrapper = ["/usr/bin/unshare", "--mount", "/bin/sh", "-ec", script + "\nexec \"$@\"", "sh", .. User?.Command ?? [], .. Wrapper],
    };

    /// <summary>Runs the program and waits for its end.</summary>
    public Result Run(params string[] arguments) => Start(arguments).Wait();

    /// <summary>Starts the program; its process id is the program's own.</summary>
    public Running Start(params string[] arguments) => Running.Start(this, CommandLine(arguments), terminal: false);

    /// <summary>Starts the program as the leader of a session on a new pseudo-terminal.</summary>
    public Running StartOnTerminal(params string[] arguments) => Running.Start(this, CommandLine(arguments), terminal: true);

    private List<string> CommandLine(string[] arguments)
    {
        var line = new List<string>(User?.Command ?? []);
        line.AddRange(Wrapper);
        line.Add(Program.StartsWith('/') ? Program : Tree.Bin(Program));
        bool fake = Profile == Profile.Fakeroot;
        foreach (string argument in arguments)
        {
            line.Add(argument);
            if (fake && argument is "exec" or "run" or "shell" or "test")
            {
                line.Add("--fakeroot");
                fake = false;
            }
        }

        return line;
    }
}

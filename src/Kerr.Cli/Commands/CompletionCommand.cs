using Kerr.Cli.Help.Completion;
using Kerr.Cli.Options;
using Kerr.Linux.Files;

namespace Kerr.Cli.Commands;

/// <summary><c>completion</c>: a script by which a shell completes our commands and options.</summary>
internal static class CompletionCommand
{
    internal const string Name = "completion";

    internal static readonly string[] Shells = ["bash", "zsh", "fish"];

    internal static Command Declare() => new()
    {
        Summary = "Print a completion script for a shell",
        Synopsis = "<bash|zsh|fish>",
        Description =
            "The scripts are installed with the program, below share/, where shells look for them. This command prints them for "
            + "an installation that no shell knows.",
        Examples =
            "source <(kerr completion bash)\n"
            + "kerr completion zsh > ~/.zfunc/_kerr\n"
            + "kerr completion fish > ~/.config/fish/completions/kerr.fish",
        Arity = Arity.Exactly(1),
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        StandardStream.Write(StandardStream.Output, invocation.Arguments[0] switch
        {
            "bash" => BashCompletion.Script(),
            "zsh" => ZshCompletion.Script(),
            "fish" => FishCompletion.Script(),
            string other => throw new UsageException(
                $"no completion for \"{other}\": shells are {string.Join(", ", Shells)}", invocation.Path, invocation.Command),
        });
        return 0;
    }
}

using System.Text;
using Kerr.Cli.Help;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Cli.Commands;

/// <summary><c>manpage</c>: the man pages, for the installation to keep.</summary>
internal static class ManPageCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Print a man page",
        Synopsis = "[page]",
        Description = "Prints the page in the language of man(7); without a name, the names of all pages.",
        Examples = "kerr manpage kerr-exec > kerr-exec.1",
        Arity = Arity.Between(0, 1),
        Hidden = true,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        StringBuilder names = new();
        foreach ((string name, string path, Command command) in ManPage.All())
        {
            if (invocation.Arguments is [string wanted] && wanted == name)
            {
                StandardStream.Write(StandardStream.Output, ManPage.Of(name, path, command));
                return 0;
            }

            names.Append(name).Append('\n');
        }

        if (invocation.Arguments is [string unknown])
        {
            throw new UserException($"no man page has the name {unknown}", $"see the names: {invocation.Program.Name} manpage");
        }

        StandardStream.Write(StandardStream.Output, names.ToString());
        return 0;
    }
}

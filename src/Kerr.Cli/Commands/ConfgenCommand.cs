using Kerr.Linux.Files;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands;

/// <summary><c>confgen</c>: the kerr.conf of this release, for packagers and for comparing.</summary>
internal static class ConfgenCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Print the default kerr.conf",
        Examples = "kerr confgen > etc/kerr/kerr.conf",
        Arity = Arity.Exactly(0),
        Hidden = true,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        StandardStream.Write(StandardStream.Output, ConfigurationWriter.Write());
        return 0;
    }
}

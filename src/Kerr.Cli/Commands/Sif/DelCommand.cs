using Kerr.Image.Sif;

namespace Kerr.Cli.Commands.Sif;

/// <summary><c>sif del</c>: takes an object out of the table.</summary>
internal static class DelCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Delete an object",
        Synopsis = "<id> <image>",
        Description = "Nothing else moves, and the file stays as long as it is; an object that is added later may take the place.",
        Examples = "kerr sif del 4 image.sif",
        Arity = Arity.Exactly(2),
        FailureCode = SifGroup.FailureCode,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        uint id = SifObjectId.Of(invocation);
        using SifFile file = SifFile.Open(invocation.Arguments[1], write: true);
        _ = SifObjectId.Find(invocation, file, id);
        SifChange.Apply(file, writer => writer.Delete(id, zero: false, compact: false, SifChange.Now));
        return 0;
    }
}

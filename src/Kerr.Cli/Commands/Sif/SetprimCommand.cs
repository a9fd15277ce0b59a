using Kerr.Image.Sif;
using Kerr.Linux;

namespace Kerr.Cli.Commands.Sif;

/// <summary><c>sif setprim</c>: chooses the system partition that a launch uses.</summary>
internal static class SetprimCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Choose the system partition that a launch uses",
        Synopsis = "<id> <image>",
        Description = "The partition that was chosen before stays, as an ordinary system partition.",
        Examples = "kerr sif setprim 4 image.sif",
        Arity = Arity.Exactly(2),
        FailureCode = SifGroup.FailureCode,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        uint id = SifObjectId.Of(invocation);
        using SifFile file = SifFile.Open(invocation.Arguments[1], write: true);
        SifDescriptor descriptor = SifObjectId.Find(invocation, file, id);
        if (descriptor.DataType != SifDataType.Partition
            || SifExtra.Partition(descriptor).Type is not (SifPartitionType.System or SifPartitionType.PrimarySystem))
        {
            throw new UserException(
                $"object {id} of image {file.Path} is not a system partition", $"{invocation.Program.Name} sif list {file.Path}");
        }

        SifChange.Apply(file, writer => writer.SetPrimary(id, SifChange.Now));
        return 0;
    }
}

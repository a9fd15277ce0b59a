namespace Kerr.Cli.Commands.Mpi;

/// <summary><c>mpi</c>: parallel programs in images.</summary>
internal static class MpiGroup
{
    internal static Command Declare() => new() { Summary = "Compare the MPI of an image with the host's" };
}

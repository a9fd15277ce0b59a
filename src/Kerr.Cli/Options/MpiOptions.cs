namespace Kerr.Cli.Options;

/// <summary>Options of <c>mpi check</c>.</summary>
internal static class MpiOptions
{
    internal static readonly Option HostMpi = new("host-mpi", '\0', OptionKind.Text, OptionScope.None,
        "compare with the MPI in this directory of the host")
    { ValueName = "DIR" };

    internal static readonly Option Json = new("json", '\0', OptionKind.Flag, OptionScope.None, "print JSON");

    internal static readonly Option[] All = [HostMpi, Json];
}

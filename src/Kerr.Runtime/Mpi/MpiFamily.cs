namespace Kerr.Runtime.Mpi;

/// <summary>Whose MPI a library is; what is not Open MPI keeps to MPICH's binary interface, as far as it has its number.</summary>
public enum MpiFamily
{
    OpenMpi,
    Mpich,
    IntelMpi,
    Mvapich,
    CrayMpich,
}

/// <summary>Names of families.</summary>
public static class MpiFamilyName
{
    public static string Name(this MpiFamily family) => family switch
    {
        MpiFamily.OpenMpi => "Open MPI",
        MpiFamily.Mpich => "MPICH",
        MpiFamily.IntelMpi => "Intel MPI",
        MpiFamily.Mvapich => "MVAPICH",
        _ => "Cray MPICH",
    };
}

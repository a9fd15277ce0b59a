namespace Kerr.Cli.Commands;

/// <summary>The program itself, as the group that all commands are in.</summary>
internal static class ProgramCommand
{
    internal static Command Declaration => new()
    {
        Summary = "Run programs inside container images, as yourself",
        Synopsis = "[global options...]",
        Description =
            "A container is an image file (SIF, squashfs, ext3) or a directory; the program that runs in it is an "
            + "ordinary process of the caller, with the caller's rights, files, signals and exit code.\n\n"
            + "Each option of a command can be given by an environment variable too: KERR_ and the name in brackets "
            + "behind its description, or the same with APPTAINER_ or SINGULARITY_.",
        Examples =
            "kerr exec image.sif cat /etc/os-release\n"
            + "kerr shell --contain image.sif\n"
            + "kerr help exec",
    };
}

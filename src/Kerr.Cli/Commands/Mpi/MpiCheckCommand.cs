using Kerr.Cli.Options;
using Kerr.Image;
using Kerr.Linux.Files;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Mpi;

namespace Kerr.Cli.Commands.Mpi;

/// <summary><c>mpi check</c>: whether ranks in an image will find each other, and what to do.</summary>
internal static class MpiCheckCommand
{
    /// <summary>No launcher of this host can start ranks in the image.</summary>
    private const int NotUsable = 1;

    internal static Command Declare() => new()
    {
        Summary = "Tell whether this host's launcher can start an image's MPI programs",
        Synopsis = "[options] <image>",
        Description =
            "Reads the libraries in the image and on the host, and runs nothing: MPI family, release and interface, the protocols by which ranks "
            + "find each other, networks, and the C libraries. Ends with 0 if a launcher of this host can start ranks in the image, else with 1.",
        Examples = "kerr mpi check image.sif\nkerr mpi check --host-mpi /opt/openmpi image.sif\nkerr mpi check --json image.sif",
        Arity = Arity.Exactly(1),
        Options = static () => MpiOptions.All,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        using ImageFile image = ImageFile.Open(invocation.Arguments[0]);
        (IImageTree tree, string architecture) = MpiImage.Open(image);
        using (tree)
        {
            var host = new Host(invocation.Environment);
            string directory = invocation.Values.Text(MpiOptions.HostMpi);
            MpiReport report = MpiReport.Of(tree, architecture, host, HostMpi.Find(host, directory.Length > 0 ? directory : null));
            if (invocation.Values.Flag(MpiOptions.Json))
            {
                StandardStream.Write(StandardStream.Output, MpiReportText.Json(report));
            }
            else
            {
                StandardStream.Write(StandardStream.Output, MpiReportText.Plain(report));
            }

            return report.IsUsable ? 0 : NotUsable;
        }
    }
}

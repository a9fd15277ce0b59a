using Kerr.Build.Overlays;
using Kerr.Cli.Options;
using Kerr.Linux.Files;

namespace Kerr.Cli.Commands.Overlay;

/// <summary><c>overlay create</c>: an ext3 image for <c>--overlay</c>, or a partition of a SIF file.</summary>
internal static class CreateCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Make an overlay image, or add an overlay to a SIF file",
        Synopsis = "[options] <image>",
        Description =
            "Makes a file with an ext3 file system that --overlay takes. A SIF file that is there gets a partition of that kind, which "
            + "launches with --writable write into and all launches see.",
        Examples = "kerr overlay create --size 1024 overlay.img\nkerr exec --overlay overlay.img image.sif touch /new\n"
            + "kerr overlay create image.sif\nkerr exec --writable image.sif touch /new",
        Arity = Arity.Exactly(1),
        Options = static () => OverlayCreateOptions.All,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string temporary = invocation.Values.Text(OverlayCreateOptions.TmpDir);
        OverlayImage.Create(invocation.Arguments[0], new OverlayImageOptions
        {
            Size = invocation.Values.Number(OverlayCreateOptions.Size),
            Sparse = invocation.Values.Flag(OverlayCreateOptions.Sparse),
            Directories = invocation.Values.Items(OverlayCreateOptions.CreateDir),
            Fakeroot = invocation.Values.Flag(OverlayCreateOptions.Fakeroot),
            TemporaryDirectory = temporary.Length == 0 ? "/tmp" : FileSystem.Absolute(temporary, FileSystem.WorkingDirectory() ?? "/"),
            Program = invocation.Program.Name,
        });
        return 0;
    }
}

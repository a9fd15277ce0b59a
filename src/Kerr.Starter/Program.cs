using System.Runtime;
using System.Runtime.CompilerServices;
using Kerr.Plan;

[module: SkipLocalsInit]

namespace Kerr.Starter;

/// <summary>
/// The starter: `kerr-starter PLAN`, where PLAN is the number of a descriptor with a sealed plan. Reads nothing else:
/// no environment variable, no file of configuration. Checks the whole plan, then executes it step by step; the last step
/// becomes the payload. `kerr-starter PLAN merge PROGRAM TIME [HANDED]` is its second half after an image's shell scripts.
/// </summary>
internal static unsafe class Program
{
    [RuntimeExport("main")]
    private static int Main(int argc, byte** arguments, byte** environment)
    {
        long plan = argc < 2 || arguments == null || arguments[0] == null ? -1 : Text.ParseNumber(arguments[1]);
        if (plan is < 0 or > 1 << 20)
        {
            Report.Fatal("kerr-starter is started by kerr, not by hand"u8, 0, "kerr exec IMAGE COMMAND"u8);
        }

        if (argc is 5 or 6 && Text.Same(arguments[2], "merge"u8))
        {
            Execute.Merge(argc, (int)plan, arguments, environment);
        }
        else
        {
            Start((int)plan);
        }

        return 255;
    }

    private static void Start(int plan)
    {
        Descriptors.FillStandard(plan);
        Plan.Open(plan);
        Audit.StartClock();
        int claimed = Descriptors.Claim(Plan.At(Plan.U32(Plan.Start, Header.Descriptors)), plan);
        if (claimed < 0)
        {
            Report.Fatal("the descriptors of this launch cannot be kept from the payload"u8, -claimed, "this is an error in kerr; please report it"u8);
        }

        Payload.GuardFileSize();
        Surroundings.Mask = (int)Sys.Call(Nr.Umask, 0) & 0x1FF;
        uint last = Plan.StepCount - 1;
        if (Plan.String(Plan.StepAt(last), Step.Source) != null)
        {
            Execute.Own = Sys.OpenAt(K.AtCwd, "/proc/self/exe"u8, O.ReadOnly); // while the host's /proc is there
        }

        for (uint i = 0; i <= last; i++)
        {
            byte* step = Plan.StepAt(i);
            int error = Do(step, i, plan);
            Audit.Count(Plan.Kind(step), Root.Directory >= 0);
            if (error < 0)
            {
                FusePrograms.Tell(Plan.U16(step, Step.Policy) == (ushort)FailurePolicy.Fatal ? error : 0);
                Report.Failed(step, -error);
            }
        }

        Sys.Exit(255); // the last step failed, and its policy would have us go on: there is nothing to go on to
    }

    private static int Do(byte* step, uint index, int plan) => Plan.Kind(step) switch
    {
        StepKind.Share => Sharing.Join(step, plan),
        StepKind.FuseServer => Images.StartServer(step),
        StepKind.Unshare => Namespaces.Unshare(step),
        StepKind.JoinNamespace => Namespaces.Join(step),
        StepKind.Fork => Init.Fork(step),
        StepKind.Session => Session.Make(step),
        StepKind.Directory => Session.MakeDirectory(step),
        StepKind.File => Session.MakeFile(step),
        StepKind.Symlink => Session.MakeLink(step),
        StepKind.MountImage => Images.MountLoop(step),
        StepKind.MountFuse => Images.MountFuse(step),
        StepKind.Root => Root.Make(step, index),
        StepKind.Mount => Mounts.Make(step),
        StepKind.Passwd => Files.Passwd(step),
        StepKind.Group => Files.Group(step),
        StepKind.HostName => Surroundings.SetHostName(step),
        StepKind.Loopback => Surroundings.RaiseLoopback(step),
        StepKind.Enter => Root.Enter(step),
        StepKind.WorkingDirectory => FusePrograms.InProgram ? 0 : Surroundings.SetDirectory(step),
        StepKind.Umask => Surroundings.SetMask(step),
        StepKind.Privileges => Privileges.Reduce(step),
        StepKind.ConfineSignals => Privileges.ConfineSignals(step),
        StepKind.Seccomp => Privileges.InstallFilter(step),
        StepKind.FuseProgram => FusePrograms.Start(step),
        StepKind.Exec => Execute.Run(step, plan),
        _ => -E.INVAL,
    };
}

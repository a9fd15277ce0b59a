using System.Runtime;
using System.Runtime.CompilerServices;
using Kerr.Plan;

[module: SkipLocalsInit]

namespace Kerr.Starter;

/// <summary>
/// The user's half of a launch in setuid mode, which has no privilege and is executed by starter-suid only:
/// <code>
///   starter-user serve PLAN SOCKET      starts the image servers of the plan, and leaves their ends in the socket
///   starter-user build PLAN SOCKET [SERVERS]      takes the steps up to Enter, asking for mounts; SERVERS is the other end of that socket
///   starter-user rest PLAN OWN [APPINIT LIFELINE LAUNCH MASK IGNORES]     takes the steps behind it; the last becomes the payload
///   starter-user relay PLAN CHILD LIFELINE LAUNCH MASK EARLY              stays outside a PID namespace
///   starter-user PLAN merge PROGRAM TIME [HANDED]                         its second half after an image's scripts
/// </code>
/// </summary>
internal static unsafe class Program
{
    [RuntimeExport("main")]
    private static int Main(int argc, byte** arguments, byte** environment)
    {
        if (argc is 5 or 6 && Text.Same(arguments[2], "merge"u8))
        {
            Execute.Merge(argc, (int)Text.ParseNumber(arguments[1]), arguments, environment);
        }

        long plan = argc < 4 ? -1 : Text.ParseNumber(arguments[2]);
        if (plan is < 0 or > 1 << 20)
        {
            Report.Fatal("starter-user is started by starter-suid, not by hand"u8, 0, "kerr exec IMAGE COMMAND"u8);
        }

        if (argc == 8 && Text.Same(arguments[1], "relay"u8))
        {
            Plan.Open((int)plan);
            Init.RelayFor((int)Number(arguments[3]), (int)Number(arguments[4]), (int)Number(arguments[5]), Number(arguments[6]), Number(arguments[7]));
        }
        else if (Text.Same(arguments[1], "rest"u8))
        {
            Rest((int)plan, argc, arguments);
        }
        else
        {
            Build((int)plan, (int)Number(arguments[3]), argc == 5 ? (int)Number(arguments[4]) : -1, servers: Text.Same(arguments[1], "serve"u8));
        }

        Sys.Exit(255);
        return 255;
    }

    /// <summary>The steps up to the root; the last of them ends this process. Of these, first those that start servers, by themselves.</summary>
    private static void Build(int plan, int end, int ends, bool servers)
    {
        Open(plan);
        Requests.End = end;
        byte* record = Plan.String(Plan.Start, Header.Record);
        if (Sys.Fcntl(end, K.SetDescriptorFlags, 1) < 0)
        {
            Sys.Exit(255);
        }

        if (!servers)
        {
            Asking.Ahead(Request.Begin, null, (ulong)(long)Report.Level);
        }

        if (ends >= 0)
        {
            Images.AdoptServers(ends);
        }

        if (record != null && !servers)
        {
            Asking.Ahead(Request.Record, null, (ulong)(record - Plan.Start), (ulong)Text.Length(record));
        }

        for (uint i = 0; i < Plan.StepCount; i++)
        {
            byte* step = Plan.StepAt(i);
            bool server = Plan.Kind(step) == StepKind.FuseServer;
            if (!servers && Plan.Kind(step) is not (StepKind.Unshare or StepKind.Session or StepKind.Mount or StepKind.Passwd or StepKind.Group))
            {
                Requests.Settle(); // it may look at what the steps before it mounted
            }

            int error = server != servers ? 0 : server ? Images.StartServer(step) : Do(step, i);
            if (error < 0)
            {
                Report.Failed(step, -error);
            }

            if (Plan.Kind(step) == StepKind.Enter && !servers)
            {
                break;
            }
        }

        Sys.Exit(0);
    }

    private static int Do(byte* step, uint index) => Plan.Kind(step) switch
    {
        StepKind.Unshare => Namespaces.Unshare(step),
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
        _ => -E.PERM,
    };

    private static void Rest(int plan, int argc, byte** arguments)
    {
        Open(plan);
        Execute.Own = (int)Number(arguments[3]);
        int error = Sys.Fcntl(Execute.Own, K.SetDescriptorFlags, 1);
        if (argc == 9)
        {
            error = error < 0 ? error : Init.Adopt(
                Number(arguments[4]) == 1, (int)Number(arguments[5]), (int)Number(arguments[6]), Number(arguments[7]), Number(arguments[8]) == 1);
        }

        if (error < 0)
        {
            Report.Fatal("the descriptors of this launch cannot be kept from the payload"u8, -error, "this is an error in kerr; please report it"u8);
        }

        uint last = Plan.StepCount - 1;
        bool entered = false;
        for (uint i = 0; i <= last; i++)
        {
            byte* step = Plan.StepAt(i);
            error = entered ? DoInside(step, plan) : 0;
            entered |= Plan.Kind(step) == StepKind.Enter;
            if (error < 0)
            {
                Report.Failed(step, -error);
            }
        }

        Sys.Exit(255); // the last step failed, and its policy would have us go on: there is nothing to go on to
    }

    private static int DoInside(byte* step, int plan) => Plan.Kind(step) switch
    {
        StepKind.WorkingDirectory => Surroundings.SetDirectory(step),
        StepKind.Umask => Surroundings.SetMask(step),
        StepKind.Privileges => Privileges.Confirm(step),
        StepKind.ConfineSignals => Privileges.ConfineSignals(step),
        StepKind.Seccomp => Privileges.InstallFilter(step),
        StepKind.Exec => Execute.Run(step, plan),
        _ => -E.PERM,
    };

    private static void Open(int plan)
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
    }

    /// <summary>A number up to 2⁶⁴; what is none is so large that nothing has it.</summary>
    private static ulong Number(byte* text)
    {
        ulong value = 0;
        for (; *text is >= (byte)'0' and <= (byte)'9'; text++)
        {
            value = (value * 10) + (ulong)(*text - '0');
        }

        return *text == 0 ? value : 0xFFFFFFFF;
    }
}

using System.Runtime;
using System.Runtime.CompilerServices;

[module: SkipLocalsInit]

namespace Kerr.Starter;

/// <summary>
/// The set-uid half of a launch: `starter-suid PLAN [serve]`. It reads kerr.conf and requests of fixed size; the plan itself is read by the other half,
/// `starter-user`, which has no privilege, opens every file as the user, and asks for what it may not do itself.
/// <code>
///   kerr ─exec▶ starter-suid ─┬─fork▶ drop ─exec▶ starter-user serve     with a third argument: starts image servers, outside
///                             ├─fork▶ drop ─exec▶ starter-user build     takes the plan's steps up to the root, asking for mounts
///                             └─ drop ─exec▶ starter-user rest ─exec▶ payload
/// </code>
/// </summary>
internal static unsafe class Program
{
    [RuntimeExport("main")]
    private static int Main(int argc, byte** arguments, byte** environment)
    {
        int plan = Entry.Check(argc, arguments, environment);
        int error = Privileges.Begin();
        if (error < 0)
        {
            Say.Fatal("privileges cannot be lowered"u8, error, "this is an error in kerr; please report it"u8);
        }

        Trust.OpenInstallation();
        Configuration.Load(Trust.Configuration);
        if (!Configuration.Has(Switch.Setuid))
        {
            Say.Fatal("the administrator does not allow the setuid mode (`allow setuid = no`)"u8, 0, "use --userns"u8);
        }

        int process;
        if (argc == 3)
        {
            int servers = UserHalf.Start("serve"u8, plan, out process);
            Executor.Serve(servers, plan, mounts: false);
            Sys.Close(servers);
            Await(process);
        }

        error = Privileges.Raise("leave the host's mounts"u8);
        error = error < 0 ? error : (int)Sys.Call(Nr.Unshare, K.CloneNewMounts);
        error = error < 0 ? error : Policy.Begin();
        error = error < 0 ? error : Mounts.Begin();
        error = error < 0 ? error : Privileges.Lower();
        if (error < 0)
        {
            Say.Fatal("a mount namespace cannot be made"u8, error, "look at `sysctl user.max_mnt_namespaces`"u8);
        }

        SitePaths.Follow();
        Trust.OpenSession();
        int builder = UserHalf.Start("build"u8, plan, out process);
        bool entered = Executor.Serve(builder, plan, mounts: true);
        Sys.Close(builder);
        if (!Relays.Forked)
        {
            Await(process);
        }

        if (entered)
        {
            Privileges.Drop();
            Relays.Rest(plan);
        }

        Sys.Exit(255); // the other half has said why
        return 255;
    }

    /// <summary>Waits for a half of the user's; one that failed has said why.</summary>
    private static void Await(int process)
    {
        int status = Sys.Wait(process);
        if (status != 0)
        {
            Sys.Exit(255);
        }
    }
}

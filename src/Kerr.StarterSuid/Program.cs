using System.Runtime;

namespace Kerr.Starter;

/// <summary>
/// The set-uid half of a launch: `starter-suid PLAN [serve]`. It reads kerr.conf and requests of fixed size; the plan itself is read by the other half,
/// `starter-user`, which has no privilege, opens every file as the user, and asks for what it may not do itself.
/// <code>
///   kerr ─exec▶ starter-suid ─┬─fork▶ drop ─exec▶ starter-user serve     with a third argument: starts image servers, outside, and leaves their ends for
///                             ├─fork▶ drop ─exec▶ starter-user build     which takes the plan's steps up to the root, asking for mounts
///                             └─ drop ─exec▶ starter-user rest ─exec▶ payload
/// </code>
/// </summary>
internal static unsafe class Program
{
    [RuntimeExport("main")]
    private static void Main(int argc, byte** arguments)
    {
        int plan = Entry.Check(argc, arguments);
        int error = Privileges.Begin();
        if (error < 0)
        {
            Say.Fault("privileges cannot be lowered"u8, error);
        }

        Trust.OpenInstallation();
        int process;
        int servers = -1;
        if (argc == 3)
        {
            servers = UserHalf.Start("serve"u8, plan, -1, out process);
            Await(process);
        }

        error = Privileges.Raise("leave the host's mounts"u8);
        error = error < 0 ? error : (int)Sys.Call(Nr.Unshare, K.CloneNewMounts);
        error = error < 0 ? error : Policy.Begin();
        CheckMounts(error < 0 ? error : Privileges.Lower());
        int builder = UserHalf.Start("build"u8, plan, servers, out process); // it opens the plan while the configuration is read
        Sys.Close(servers);
        Configuration.Load(Trust.Configuration);
        if (!Configuration.Has(Switch.Setuid))
        {
            Say.Fatal("the administrator does not allow the setuid mode (`allow setuid = no`)"u8, 0, "use --userns"u8);
        }

        error = Privileges.Raise("keep mounts from the host"u8);
        error = error < 0 ? error : Mounts.Begin();
        CheckMounts(error < 0 ? error : Privileges.Lower());
        Policy.FollowPaths();
        Trust.OpenSession();
        bool entered = Executor.Serve(builder, plan);
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
    }

    private static void CheckMounts(int error)
    {
        if (error < 0)
        {
            Say.Fatal("a mount namespace cannot be made"u8, error, "look at `sysctl user.max_mnt_namespaces`"u8);
        }
    }

    /// <summary>Waits for a half of the user's; one that failed has said why.</summary>
    private static void Await(int process)
    {
        if (Sys.Wait(process) != 0)
        {
            Sys.Exit(255);
        }
    }
}

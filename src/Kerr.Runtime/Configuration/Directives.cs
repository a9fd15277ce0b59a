using static Kerr.Runtime.Configuration.DirectiveKind;

namespace Kerr.Runtime.Configuration;

/// <summary>The directives that decide how a container is started.</summary>
/// <remarks>Names, defaults and words are those of the peers: their files are read unchanged.</remarks>
public static class Directives
{
    // Privilege.
    public static readonly Directive AllowSetuid = new("allow setuid", YesNo, "yes",
        "May the setuid starter be used, where it is installed? Without it, containers run in user namespaces.");

    public static readonly Directive AllowUserNs = new("allow user ns", YesNo, "yes",
        "May a launch make a user namespace? With no, users start containers by the setuid starter only. It binds those "
        + "who use Kerr: a user can make a namespace without it.");

    public static readonly Directive AllowPidNs = new("allow pid ns", YesNo, "yes",
        "May users ask for a PID namespace? With no, --pid is passed over with a warning.");

    public static readonly Directive AllowIpcNs = new("allow ipc ns", YesNo, "yes",
        "May users ask for an IPC namespace? With no, --ipc is passed over with a warning.");

    public static readonly Directive AllowUtsNs = new("allow uts ns", YesNo, "yes",
        "May users ask for a UTS namespace? With no, --uts and --hostname are passed over with a warning.");

    public static readonly Directive RootDefaultCapabilities = new("root default capabilities", Choice, "full",
        "What root has inside: full: everything, as with --keep-privs; file: what capability.json grants root; "
        + "no: nothing, as with --no-privs.")
    { Allowed = ["full", "file", "no"] };

    // What is seen inside.
    public static readonly Directive ConfigPasswd = new("config passwd", YesNo, "yes",
        "Add the caller to the /etc/passwd that is seen inside, if the image has one.");

    public static readonly Directive ConfigGroup = new("config group", YesNo, "yes",
        "Add the caller's groups to the /etc/group that is seen inside, if the image has one.");

    public static readonly Directive ConfigResolvConf = new("config resolv_conf", YesNo, "yes",
        "Show the host's /etc/resolv.conf, or that of --dns.");

    public static readonly Directive MountProc = new("mount proc", YesNo, "yes", "Mount /proc.");

    public static readonly Directive MountSys = new("mount sys", YesNo, "yes", "Mount /sys.");

    public static readonly Directive MountDev = new("mount dev", Choice, "yes",
        "Show the host's /dev. minimal: only null, zero, full, random, urandom, tty and shm, as with --contain.")
    { Allowed = ["yes", "no", "minimal"] };

    public static readonly Directive MountDevPts = new("mount devpts", YesNo, "yes",
        "Mount a new devpts in a minimal /dev.");

    public static readonly Directive MountHome = new("mount home", YesNo, "yes", "Show the caller's home directory.");

    public static readonly Directive MountTmp = new("mount tmp", YesNo, "yes",
        "Show the host's /tmp and /var/tmp; with --contain, empty ones.");

    public static readonly Directive MountHostfs = new("mount hostfs", YesNo, "no",
        "Show every file system that the host has mounted.");

    public static readonly Directive BindPath = new("bind path", List, "/etc/localtime,/etc/hosts",
        "Files and directories of the host to show, SOURCE or SOURCE:TARGET. --contain leaves out all but "
        + "/etc/localtime and /etc/hosts.")
    { Example = "/scratch" };

    public static readonly Directive MountSlave = new("mount slave", YesNo, "yes",
        "File systems that the host mounts later, such as those of autofs, show up inside.");

    public static readonly Directive UserBindControl = new("user bind control", YesNo, "yes",
        "May users say what to show (--bind, --mount, --home, --scratch, --workdir), and have libraries and programs of the host (--nv, --rocm, --mpi, --containlibs)?");

    public static readonly Directive EnableFusemount = new("enable fusemount", YesNo, "yes",
        "May users mount FUSE file systems with --fusemount?");

    public static readonly Directive ShareImages = new("share images", YesNo, "yes",
        "Do the launches of a user's job share a user namespace and the mount of an image that FUSE serves?");

    public static readonly Directive ShareRanks = new("share ranks", YesNo, "yes",
        "Do the ranks of a parallel program on one node share a user namespace, so that MPI can copy between their memories, and with --contain, --ipc or --pid "
        + "also /dev/shm, IPC and PID namespace?");

    // Layers.
    public static readonly Directive EnableOverlay = new("enable overlay", Choice, "yes",
        "Use the kernel's overlay for missing bind targets and writable layers. try and driver, which choose between it and "
        + "fuse-overlayfs elsewhere, have the effect of yes.")
    { Allowed = ["yes", "no", "try", "driver"] };

    public static readonly Directive EnableUnderlay = new("enable underlay", Choice, "yes",
        "Make missing bind targets without overlay where that is off or does not work. preferred: always.")
    { Allowed = ["yes", "no", "preferred"] };

    public static readonly Directive SessiondirMaxSize = new("sessiondir max size", Number, "64",
        "MiB that a user's temporary file systems may hold: --writable-tmpfs, and /tmp and home under --contain.")
    { Positive = true };

    public static readonly Directive MemoryFsType = new("memory fs type", Choice, "tmpfs",
        "The file system of temporary directories. ramfs has no limit of size.")
    { Allowed = ["tmpfs", "ramfs"] };

    // Images.
    public static readonly Directive MaxLoopDevices = new("max loop devices", Number, "256",
        "How many loop devices to try for images that the kernel mounts. 0: none, so such images are refused.");

    public static readonly Directive ImageServerCache = new("image server cache", Number, "16",
        "MiB of decoded blocks that the server of a user's image keeps; its whole memory is some 12 MiB more.");

    public static readonly Directive SharedLoopDevices = new("shared loop devices", YesNo, "no",
        "Let launches of the same image share a loop device.");

    public static readonly Directive ImageDriver = new("image driver", Text, "",
        "An image driver of a plugin to use in place of the built-in one.")
    { Example = "name" };

    public static readonly Directive AllowContainerSif = new("allow container sif", YesNo, "yes", "Run SIF images.");

    public static readonly Directive AllowContainerEncrypted = new("allow container encrypted", YesNo, "yes",
        "Run encrypted SIF images.");

    public static readonly Directive AllowContainerSquashfs = new("allow container squashfs", YesNo, "yes",
        "Run bare squashfs images.");

    public static readonly Directive AllowContainerExtfs = new("allow container extfs", YesNo, "yes",
        "Run bare ext3 images.");

    public static readonly Directive AllowContainerDir = new("allow container dir", YesNo, "yes",
        "Run directories.");

    public static readonly Directive LimitContainerOwners = new("limit container owners", List, "",
        "Only images that belong to these users, by name or number.")
    { Example = "root, builder" };

    public static readonly Directive LimitContainerGroups = new("limit container groups", List, "",
        "Only images that belong to these groups, by name or number.")
    { Example = "images" };

    public static readonly Directive LimitContainerPaths = new("limit container paths", List, "",
        "Only images below these directories, by whole names: /apps allows /apps/x.sif and not /apps2/x.sif.")
    { Example = "/apps/images, /cvmfs", AbsolutePaths = true };

    public static readonly Directive AllowSetuidMountEncrypted = new("allow setuid-mount encrypted", YesNo, "yes",
        "The setuid starter lets the kernel decrypt images (dm-crypt).");

    public static readonly Directive AllowSetuidMountSquashfs = new("allow setuid-mount squashfs", Choice, "iflimited",
        "The setuid starter lets the kernel mount squashfs images that the user cannot write. iflimited: only where "
        + "images are limited by owner, group, path or an execution control list.")
    { Allowed = ["yes", "no", "iflimited"] };

    public static readonly Directive AllowSetuidMountExtfs = new("allow setuid-mount extfs", YesNo, "no",
        "The setuid starter lets the kernel mount ext3 images. Crafted ones have broken kernels: leave it off.");

    public static readonly Directive AllowKernelSquashfs = new("allow kernel squashfs", YesNo, "yes",
        "The older name: no has the effect of 'allow setuid-mount squashfs = no'.");

    public static readonly Directive AllowKernelExtfs = new("allow kernel extfs", YesNo, "yes",
        "The older name: no has the effect of 'allow setuid-mount extfs = no'.");

    public static readonly Directive SyncWritableExtfs = new("sync writable extfs", YesNo, "no",
        "Mount writable ext3 images so that each write reaches the disk before it returns.");

    public static readonly Directive TmpSandbox = new("tmp sandbox", YesNo, "yes",
        "Images that cannot be mounted may be unpacked to a temporary directory.");

    // Records.
    public static readonly Directive AuditLaunches = new("audit launches", YesNo, "yes",
        "Send a record of each launch, of its end where that is seen, and of each that this file refuses.");

    public static readonly Directive AuditSink = new("audit sink", Text, "auto",
        "Where records go. auto: journald, or else /dev/log; a path: a datagram socket, as `kerr trace collect --listen` makes one.")
    { Allowed = ["auto", "journald", "syslog"] };

    public static readonly Directive AuditRequired = new("audit required", YesNo, "no",
        "Refuse launches that cannot be recorded. It holds in the setuid mode only: elsewhere a user can start containers without Kerr.");

    // Network.
    public static readonly Directive AllowNetUsers = new("allow net users", List, "",
        "Users who may use the networks and namespaces below without being root.")
    { Example = "alice, bob" };

    public static readonly Directive AllowNetGroups = new("allow net groups", List, "",
        "Groups whose members may.")
    { Example = "networkers" };

    public static readonly Directive AllowNetNetworks = new("allow net networks", List, "",
        "Networks that they may use.")
    { Example = "bridge" };

    public static readonly Directive AllowNetnsPaths = new("allow netns paths", List, "",
        "Network namespaces that they may join with --netns-path.")
    { Example = "/run/netns/mine" };

    public static readonly Directive CniConfigurationPath = new("cni configuration path", Text, "",
        "Where the descriptions of networks lie.")
    { Example = "/etc/cni/net.d" };

    public static readonly Directive CniPluginPath = new("cni plugin path", Text, "",
        "Where the network plugins lie.")
    { Example = "/opt/cni/bin" };

    // Devices and limits.
    public static readonly Directive AlwaysUseNv = new("always use nv", YesNo, "no", "Every action has --nv.");

    public static readonly Directive UseNvidiaContainerCli = new("use nvidia-container-cli", YesNo, "no",
        "--nv has nvidia-container-cli set up the devices.");

    public static readonly Directive AlwaysUseRocm = new("always use rocm", YesNo, "no", "Every action has --rocm.");

    public static readonly Directive SystemdCgroups = new("systemd cgroups", YesNo, "yes",
        "Have systemd manage control groups. Limits for ordinary users need it.");

    public static readonly Directive AllowMonitoring = new("allow monitoring", YesNo, "no",
        "Report the use of resources to apptheus.");

    public static readonly Directive ApptheusSocketPath = new(
        "apptheus communication socket path", Text, "/run/apptheus/gateway.sock", "Where apptheus listens.")
    { OtherName = "apptheus socket path" };

    // Tools and transfers.
    public static readonly Directive BinaryPath = new(
        "binary path", Text, "$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "Where to look for programs of the host. $PATH: stands for the caller's, and for nothing where the program is "
        + "to have privileges. The installation's own programs come first.");

    public static readonly Directive MksquashfsProcs = new("mksquashfs procs", Number, "0",
        "Processors that mksquashfs may use. 0: all.");

    public static readonly Directive MksquashfsMem = new("mksquashfs mem", Text, "", "Memory that mksquashfs may use.")
    { Example = "1G" };

    public static readonly Directive DownloadConcurrency = new("download concurrency", Number, "3",
        "Layers of an image, and parts of a large one, that are fetched at a time.")
    { Positive = true };

    public static readonly Directive DownloadPartSize = new("download part size", Number, "5242880",
        "Bytes of each part that a large layer or file is fetched in.")
    { Positive = true };

    public static readonly Directive DownloadBufferSize = new("download buffer size", Number, "32768",
        "Bytes of the buffer of each of its streams.")
    { Positive = true };

    public static readonly Directive SiteCache = new("site cache", Text, "",
        "A directory in which images are looked for that the user's own cache has not. Nothing is written there: who may write it "
        + "fills it by pulling with APPTAINER_CACHEDIR set to it.")
    { Example = "/cvmfs/images.example.org/cache" };

    public static readonly Directive CacheQuota = new("cache quota", Text, "",
        "How large the cache of a user may get, such as 20G. What was not used for longest is removed then. Users can set another size "
        + "with KERR_CACHE_QUOTA.")
    { Example = "20G" };
}

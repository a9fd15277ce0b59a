namespace Kerr.Plan;

// The contract between the planner (Kerr.Runtime) and the starter (Kerr.Starter): one source file, compiled into both.
// Constants and enums only, so that it compiles without a runtime.
//
//   file   = header, steps, data                    little-endian, in a sealed memfd, at most MaximumSize bytes, last byte 0
//   header = HeaderSize bytes, offsets in Header    steps = StepCount × StepSize bytes, offsets in Step
//   data   = what the references point at. A reference is a u32 offset from the start of the file, 0 for "none":
//     string      bytes, then NUL
//     vector      u32 n, then n × u32 reference to string             (4-aligned)
//     numbers     u32 n, then n × u32                                 (4-aligned)
//     blob        u32 n, then n bytes                                 (4-aligned)
//     failures    u32 n, then n × (i32 errno, string message, string remedy)  errno 0 fits every error; first fit wins
//     candidates  u32 n, then n × CandidateSize bytes, offsets in Candidate
//
// Strings are raw bytes: nothing here knows an encoding. The starter checks every number before it uses it, and
// refuses a plan of another version: both are installed together.

/// <summary>Sizes and marks of a plan file.</summary>
public static class PlanFormat
{
    /// <summary>"KERRPLAN", read as a little-endian number.</summary>
    public const ulong Magic = 0x4E414C505252454B;

    public const uint Version = 1;
    public const uint HeaderSize = 128;
    public const uint StepSize = 64;
    public const uint CandidateSize = 24;
    public const uint MaximumSize = 64 << 20;
    public const uint MaximumSteps = 65536;
}

/// <summary>Where each field of the header stands.</summary>
public static class Header
{
    public const int Magic = 0;             // u64
    public const int Version = 8;           // u32
    public const int TotalSize = 12;        // u32
    public const int StepCount = 16;        // u32
    public const int StepsOffset = 20;      // u32
    public const int DataOffset = 24;       // u32
    public const int LogLevel = 28;         // i32, −4 (fatal) … 5 (debug)
    public const int Flags = 32;            // u32, HeaderFlags
    public const int Descriptors = 36;      // numbers: descriptors the starter was given and that no payload may see
    public const int Program = 40;          // string: name the user called us by, for messages
    public const int Image = 44;            // string: the image as the user named it
    public const int Phases = 48;           // vector: phases before the starter, "name=nanoseconds", for --timings
    public const int StartedAt = 56;        // u64: CLOCK_MONOTONIC in ns when the command began
    public const int HandedOverAt = 64;     // u64: CLOCK_MONOTONIC in ns when the starter was exec'ed
    public const int Record = 72;           // string: the record of the launch for a starter that sends it as root, see RecordFormat
    public const int Ending = 76;           // string: what is sent when the launch has ended, up to its numbers, see RecordFormat
    public const int Sink = 80;             // u32: the connected socket that Ending is sent to, one of Descriptors; 0 without Ending
}

/// <summary>Switches for the whole launch.</summary>
public static class HeaderFlags
{
    public const uint Timings = 1;          // print where the time went before the payload starts
    public const uint Colour = 2;           // stderr is a terminal and colour is wanted
    public const uint UserNamespace = 4;    // audit lines say that no privilege is raised
}

/// <summary>Where each field of a step stands.</summary>
public static class Step
{
    public const int Kind = 0;              // u16, StepKind
    public const int Policy = 2;            // u16, FailurePolicy
    public const int Text = 4;              // string: what the step does, for the audit line
    public const int Failures = 8;          // failures: what to say when it fails; the starter adds the errno
    public const int Source = 12;           // string
    public const int Target = 16;           // string
    public const int Data = 20;             // reference, by kind
    public const int Extra = 24;            // reference, by kind
    public const int More = 28;             // reference, by kind
    public const int Flags = 32;            // u64, by kind
    public const int Number = 40;           // u64, by kind
    public const int Number2 = 48;          // u64, by kind
    public const int Number3 = 56;          // u64, by kind
}

/// <summary>What happens when a step fails.</summary>
public enum FailurePolicy : ushort
{
    Fatal = 0,                              // FATAL line with remedy, exit 255
    Warn = 1,                               // WARNING line, go on
    Quiet = 2,                              // VERBOSE line, go on
}

/// <summary>
/// The vocabulary. "Session" is a tmpfs that the starter makes and that nobody else sees; a session path is relative to
/// its root, made by earlier steps only, and holds no symlink. "Root" is the tree that the payload will see as `/`; a root
/// path is absolute, and symlinks in it are followed inside the root only.
/// </summary>
public enum StepKind : ushort
{
    None = 0,

    /// <summary>Forks a FUSE server that waits for its mount. Data: vector argv (an absolute program first); Extra: vector
    /// environment; More: numbers, descriptors that it keeps; Number: the number under which it finds its /dev/fuse; Number2: its index;
    /// Flags: FuseServerFlags.</summary>
    FuseServer = 1,

    /// <summary>Leaves namespaces. Flags: CLONE_NEW*. With CLONE_NEWUSER: Source: uid_map text; Target: gid_map text; Number: 1 to
    /// write "deny" to setgroups first. Data, Extra: vectors, newuidmap and newgidmap command lines without the process id
    /// (inserted after element 0) when the map needs them, else none.</summary>
    Unshare = 2,

    /// <summary>Enters a namespace. Source: host path of its file; Flags: its CLONE_NEW* bit.</summary>
    JoinNamespace = 3,

    /// <summary>Forks: the child goes on as process 1 of the new PID namespace, the parent relays signals and ends as the child ends.
    /// Flags: InitFlags.</summary>
    Fork = 4,

    /// <summary>Makes the session and stops propagation to the host. Data: string, tmpfs options; Flags: SessionFlags.</summary>
    Session = 5,

    /// <summary>Makes a directory. Target: session path; Number: mode.</summary>
    Directory = 6,

    /// <summary>Writes a file. Target: session path; Data: blob; Number: mode.</summary>
    File = 7,

    /// <summary>Makes a symlink. Target: session path; Source: its text.</summary>
    Symlink = 8,

    /// <summary>Mounts an image by a kernel driver over a loop device. Target: session path (a directory); Data: string, file
    /// system type; Number: descriptor of the file; Number2: offset; Number3: size; Flags: MountFlags (ReadOnly …);
    /// Extra: string, most loop devices to try, decimal.</summary>
    MountImage = 9,

    /// <summary>Mounts FUSE and lets the waiting server go. Target: session path, or a root path with MountFlags.TargetInRoot; Data:
    /// string, options without fd=; Number: the server's number of /dev/fuse; Number2: the server's index, or ulong.MaxValue for
    /// none (then the payload has the device under Number); Flags: MountFlags. The starter opens the device, in the user
    /// namespace of the mount as the kernel wants it; one of Header.Descriptors is taken where no user namespace was left.</summary>
    MountFuse = 10,

    /// <summary>Makes the root at session path "root". Source: session path of the image; Data: vector, further lower layers
    /// above the image, topmost first; Extra: string, upper directory; More: string, work directory (session paths);
    /// Flags: RootFlags; with FuseOverlay, Number2: the index of the server, whose `/` is the host's and which finds the session on
    /// /sys, and Target: string, its options without fd=. Targets of later Mount steps that have CreateTarget are made in a layer of their own first.</summary>
    Root = 11,

    /// <summary>Mounts or binds. Flags: MountFlags; Source: host or session path, or Number: a descriptor; for a new file system Source is
    /// its type and Data: string, its options; Target: root path (TargetInRoot) or session path; Number2: mode of a created directory.</summary>
    Mount = 12,

    /// <summary>Makes a passwd file from the root's. Source: root path to read; Target: session path; Data: string, the user's line;
    /// Extra: string, home directory; Number: uid; Flags: 1 keeps name and gecos of a line that is there (uid 0).</summary>
    Passwd = 13,

    /// <summary>Makes a group file from the root's. Source: root path to read; Target: session path; Data: vector, lines to add unless a
    /// line of that gid is there.</summary>
    Group = 14,

    /// <summary>Sets the host name. Source: the name.</summary>
    HostName = 15,

    /// <summary>Brings the loopback interface up.</summary>
    Loopback = 16,

    /// <summary>Enters the root and detaches everything of the host.</summary>
    Enter = 17,

    /// <summary>Sets the working directory. Data: vector, root paths, the first that works is taken; Flags: 1 when the first must
    /// work. When another had to be taken the step counts as failed, for its policy to tell.</summary>
    WorkingDirectory = 18,

    /// <summary>Sets the file mode creation mask. Number: mask.</summary>
    Umask = 19,

    /// <summary>Reduces privileges for good. Flags: PrivilegeFlags; Number: capabilities kept in effective, permitted and (for uid ≠ 0)
    /// ambient and inheritable sets; Number2: bounding set; Number3: uid | gid &lt;&lt; 32 with SetIds; Data: numbers,
    /// supplementary groups with SetIds.</summary>
    Privileges = 20,

    /// <summary>Installs a seccomp filter. Data: blob, an array of struct sock_filter.</summary>
    Seccomp = 21,

    /// <summary>Becomes the payload; always last. Data: candidates; Extra: vector, environment when no script ran; Flags: ExecFlags;
    /// Source: string, script text for the image's shell (none: no script); Target: string, preferred shells, colon-separated
    /// root paths; More: vector, environment the script starts with. When a script ran, variables of Extra that it
    /// left unset are added to its environment, but for those that it names in KERR_DEFINED, which goes itself. Number: exit code
    /// when no candidate fits (Failures has the message; code 0 prints it as INFO). Number2: nanoseconds that the script may take, 0 for any (Failures has ETIME, what is
    /// said behind the command that took them). Number3: how many of the first candidate's arguments the script does not see.</summary>
    Exec = 22,

    /// <summary>Keeps the signals of this process, and of what it starts, from everybody who was there before. Needs CAP_SYS_ADMIN.</summary>
    ConfineSignals = 23,

    /// <summary>Forks a FUSE program of the user that runs inside, with the identity and environment of the payload. Data: vector argv, a root path
    /// or a name looked up in PATH first; Target: root path of its mount; Number: its /dev/fuse, which MountFuse left there.</summary>
    FuseProgram = 24,

    /// <summary>Joins the launches that share a user namespace and the mounts of images; without it the steps that follow make their own.
    /// Source: the name under which they meet (an abstract socket's); Target: host path of the keeper; Extra: numbers, indices of servers whose
    /// mounts are wanted; Data: vector, the key of each; Flags: ShareFlags.</summary>
    Share = 25,
}

/// <summary>How a FUSE server is started.</summary>
public static class FuseServerFlags
{
    /// <summary>It runs without capabilities and reaches no file by name (Landlock), and starts at once: under its number is a socket
    /// that brings /dev/fuse when the mount is made. Else it starts when that has come.</summary>
    public const ulong Confined = 1;
}

/// <summary>What of the user namespaces is shared.</summary>
public static class ShareFlags
{
    /// <summary>The launch makes a user namespace of its own below the one of the mounts; else it joins the one that the others are in.</summary>
    public const ulong Apart = 1;

    /// <summary>The launch is a rank: PID and IPC namespace and the memory of /dev/shm that it is to have are those of all such ranks of its step.</summary>
    public const ulong Together = 2;
}

/// <summary>How process 1 behaves.</summary>
public static class InitFlags
{
    /// <summary>Process 1 is `appinit`: it forks the payload, reaps, relays signals and ends with its status.</summary>
    public const ulong AppInit = 1;

    /// <summary>Comes before any namespace is left: the parent stays outside, and when the child has ended it waits for the FUSE servers' end.</summary>
    public const ulong Outside = 2;
}

/// <summary>How the session is made.</summary>
public static class SessionFlags
{
    /// <summary>Mounts of the host that change later do not arrive inside (`mount slave = no`).</summary>
    public const ulong Private = 1;

    /// <summary>It is a ramfs, not a tmpfs (`memory fs type = ramfs`).</summary>
    public const ulong Ramfs = 2;
}

/// <summary>How a mount is made; the meaning is the starter's own, not the kernel's bits.</summary>
public static class MountFlags
{
    public const ulong ReadOnly = 1;
    public const ulong NoSuid = 2;
    public const ulong NoDev = 4;
    public const ulong NoExec = 8;
    public const ulong Recursive = 16;          // binds take along what is mounted below the source

    public const ulong SourceOnHost = 0x100;    // Source is an absolute path, followed as the user would
    public const ulong SourceInSession = 0x200; // Source is a session path
    public const ulong SourceIsDescriptor = 0x400;
    public const ulong NewFileSystem = 0x800;   // Source is a type: proc, sysfs, tmpfs, devpts, mqueue
    public const ulong SourceInRoot = 0x1000;   // Source is a root path (an image's own directory kept visible)
    public const ulong SourceIsKnown = 0x2000;  // with SourceOnHost: it must be the file of device Number (major | minor << 32) and inode Number3

    public const ulong TargetInRoot = 0x10000;  // Target is a root path; else a session path
    public const ulong CreateTarget = 0x20000;  // a missing target is made: file for a file, directory otherwise
    public const ulong SkipSame = 0x40000;      // quietly nothing when the target is already this inode
    public const ulong SkipMissingSource = 0x80000;     // quietly nothing when the source is not there
    public const ulong SkipMissingTarget = 0x100000;    // quietly nothing when the target is not there and cannot be made
    public const ulong TargetNoFollow = 0x200000;       // a symlink as last component of the target is not followed but refused
    public const ulong CreateInPlace = 0x400000;        // a missing target may be made through the mounted root itself
    public const ulong ReplaceSymlink = 0x800000;       // a symlink as last component is hidden by a file of the skeleton
                                                        // (overlay, underlay), so that what it names is not covered
    public const ulong OfTheStep = 0x1000000;           // with NewFileSystem: the memory that a step's ranks share is taken where there is some
    public const ulong NotInMounts = 0x2000000;         // with CreateTarget: made in the root's skeleton only, never in what is mounted since,
                                                        // where a link of the image may lead: that would be a directory of the host
}

/// <summary>Which ways of making the root are allowed; tried in this order: overlay, underlay, bind.</summary>
public static class RootFlags
{
    public const ulong Overlay = 1;
    public const ulong Underlay = 2;        // a tmpfs with binds of the image's entries
    public const ulong Bind = 4;            // the image itself
    public const ulong Writable = 8;        // the payload may write (upper directory, or the image itself with Bind)
    public const ulong UserXattr = 16;      // overlay option of user namespaces
    public const ulong NoSuid = 32;
    public const ulong NoDev = 64;
    public const ulong FuseOverlay = 128;   // with Overlay: the merge is a FUSE server's, since the kernel does not take the upper
}

/// <summary>How privileges are reduced.</summary>
public static class PrivilegeFlags
{
    public const ulong NoNewPrivileges = 1;
    public const ulong DropCapabilities = 2;    // sets become Number and Number2 exactly, verified
    public const ulong SetIds = 4;              // setgroups, setresgid, setresuid, verified
}

/// <summary>How the payload is started.</summary>
public static class ExecFlags
{
    /// <summary>The script is required: without a shell in the image the launch fails (Failures), rather than going on without.</summary>
    public const ulong ScriptRequired = 1;

    /// <summary>The script runs only when `/.singularity.d/env` or `/environment` is in the root.</summary>
    public const ulong ScriptIfPresent = 2;
}

/// <summary>Where each field of a candidate command stands. The first candidate that fits is executed.</summary>
public static class Candidate
{
    public const int Path = 0;              // string: a root path, or a name looked up in PATH of the final environment
    public const int Arguments = 4;         // vector: argv
    public const int Flags = 8;             // u32, CandidateFlags
    public const int Message = 12;          // string: INFO line printed when it is taken, or none
    public const int Environment = 16;      // vector: variables set when it is taken, or none
}

/// <summary>How a candidate is chosen.</summary>
public static class CandidateFlags
{
    /// <summary>Fits only when it is an executable file; without this flag it is final: an error of execve is reported.</summary>
    public const uint IfExecutable = 1;

    /// <summary>Path has no slash: search PATH of the final environment.</summary>
    public const uint SearchPath = 2;
}

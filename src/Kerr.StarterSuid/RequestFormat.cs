namespace Kerr.Starter;

/// <summary>
/// What the user's half of a launch may ask of the privileged half: a packet of fixed size with up to three descriptors. No
/// request holds a path or an option; the only text is a host name. The answer is a number, an error negated, and at most one descriptor.
/// </summary>
internal enum Request : uint
{
    None = 0,

    /// <summary>The first of all. Number: level of messages.</summary>
    Begin,

    /// <summary>Where in the plan the planner's text for the record of the launch is. Number: offset; Number2: length.</summary>
    Record,

    /// <summary>Leaves namespaces of the launch. Number: CLONE_NEW* bits.</summary>
    Namespaces = 5,

    /// <summary>Goes on as process 1 of the new PID namespace. Number: 1 when it is to become appinit.</summary>
    Fork,

    /// <summary>Makes the session, a tmpfs that belongs to the user. Answers its directory.</summary>
    Session,

    /// <summary>The image's own file system, mounted by the kernel. Descriptors: file, target. Number: offset; Number2: size.</summary>
    KernelImage,

    /// <summary>The image's file system, served by the user. Descriptors: file, target, /dev/fuse or none. Number: MountFlags. Answers /dev/fuse when none came.</summary>
    FuseImage,

    /// <summary>The image is a directory. Descriptors: directory, target. Number: MountFlags.</summary>
    DirectoryImage,

    /// <summary>Binds with all that is mounted below. Descriptors: source, target. Number: MountFlags.</summary>
    Bind,

    /// <summary>A new file system. Descriptors: target. Number: MountFlags; Number2: FileSystemKind; Number3: octal digits of the mode | MiB &lt;&lt; 32.</summary>
    NewFileSystem,

    /// <summary>Adds attributes to a mount. Descriptors: any place on it. Number: MountFlags.</summary>
    Restrict,

    /// <summary>Names a lower layer of the next overlay, topmost first. Descriptors: directory.</summary>
    Layer,

    /// <summary>Mounts the overlay of the layers named. Descriptors: target, and upper and work when it is written. Number: MountFlags.</summary>
    Overlay,

    /// <summary>Sets the host name. Text: the name.</summary>
    HostName,

    /// <summary>Brings the loopback interface up.</summary>
    Loopback,

    /// <summary>The last: makes a directory the root, and drops privileges for good. Descriptors: root.</summary>
    Enter,
}

/// <summary>A request as it is sent, 96 bytes. The answer is 8: a number, or an error negated.</summary>
internal unsafe struct RequestPacket
{
    internal const int TextSize = 64;

    internal Request Kind;
    internal ulong Number;
    internal ulong Number2;
    internal ulong Number3;
    internal fixed byte Text[TextSize];
}

/// <summary>The file systems that can be made anew.</summary>
internal static class FileSystemKind
{
    internal const ulong Temporary = 0, Processes = 1, Terminals = 2, Queues = 3;
}

using System;
using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>Mounts and binds, by descriptors: no path is looked up twice.</summary>
internal static unsafe class Mounts
{
    /// <summary>The flags that are attributes of a mount; they have the kernel's numbers (MOUNT_ATTR_RDONLY …).</summary>
    internal const ulong Attributes = MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec;

    internal const ulong AllFlags = Attributes | MountFlags.Recursive | MountFlags.SourceOnHost | MountFlags.SourceInSession
        | MountFlags.SourceIsDescriptor | MountFlags.SourceIsKnown | MountFlags.NewFileSystem | MountFlags.SourceInRoot | MountFlags.TargetInRoot | MountFlags.CreateTarget
        | MountFlags.SkipSame | MountFlags.SkipMissingSource | MountFlags.SkipMissingTarget | MountFlags.TargetNoFollow | MountFlags.CreateInPlace
        | MountFlags.ReplaceSymlink | MountFlags.OfTheStep | MountFlags.NotInMounts;

    internal static int Make(byte* step)
    {
        Audit.Tell(step);
        bool isNew = Plan.Has(step, MountFlags.NewFileSystem);
        int source = isNew ? -1 : OpenSource(step);
        if (!isNew && source < 0)
        {
            bool skip = source is -E.NOENT or -E.NOTDIR && Plan.Has(step, MountFlags.SkipMissingSource);
            return skip ? Skip("Skipped, no such file: "u8, step, Step.Source) : source;
        }

        int target = Half.Asks && Plan.Has(step, MountFlags.TargetInRoot) ? Requests.OpenAhead(Plan.String(step, Step.Target)) : -1;
        bool ahead = target >= 0;
        target = ahead ? target : OpenTarget(step, source);
        int error = target < 0 ? target : 0;
        if (target is -E.NOENT or -E.NOTDIR && Plan.Has(step, MountFlags.SkipMissingTarget))
        {
            error = Skip("Skipped, no place inside: "u8, step, Step.Target);
        }
        else if (target >= 0 && !isNew && Plan.Has(step, MountFlags.SkipSame) && Same(source, target))
        {
            error = Skip("Skipped, there already: "u8, step, Step.Target);
        }
        else if (target >= 0)
        {
            error = isNew ? MakeNew(step, target, ahead) : Bind(source, target, step, ahead);
        }

        if (source >= 0 && !Plan.Has(step, MountFlags.SourceIsDescriptor))
        {
            Sys.Close(source);
        }

        Sys.Close(target);
        return error;
    }

    /// <summary>Opens (O_PATH) where a step mounts, making it where the step asks for that.</summary>
    internal static int OpenTarget(byte* step, int source)
    {
        byte* path = Plan.String(step, Step.Target);
        bool noFollow = Plan.Has(step, MountFlags.TargetNoFollow);
        if (Half.Asks)
        {
            Requests.Settle();
        }

        if (!Plan.Has(step, MountFlags.TargetInRoot))
        {
            return Sys.OpenAt(Session.Directory, Session.Relative(path), O.Path | O.NoFollow);
        }

        int target = Walk.Open(Root.Directory, path, noFollow);
        return target == -E.NOENT && Plan.Has(step, MountFlags.CreateTarget) && !Plan.Has(step, MountFlags.NotInMounts) ? Create(step, source, path, noFollow) : target;
    }

    /// <summary>Makes a new file system and answers its mount, attached to nothing; ENOSYS before kernel 5.2.</summary>
    internal static int NewFileSystem(byte* type, byte* options, ulong flags, byte* source = null)
    {
        int context = (int)Sys.Call(Nr.Fsopen, (nint)type, 1);
        if (context < 0)
        {
            return context;
        }

        int error = source == null ? 0 : Configure(context, K.FsconfigString, (byte*)"source"u8.Start, source);
        byte* rest = options;
        while (error == 0 && rest != null && *rest != 0)
        {
            byte* end = Text.Find(rest, (byte)',');
            nint length = end == null ? Text.Length(rest) : (nint)(end - rest);
            byte* name = Arena.Take(length + 1);
            *Text.Copy(name, rest, length) = 0;
            rest = end == null ? null : end + 1;
            byte* value = Text.Find(name, (byte)'=');
            if (value != null)
            {
                *value++ = 0;
            }

            if (*name != 0)
            {
                error = Configure(context, value == null ? K.FsconfigFlag : K.FsconfigString, name, value);
            }
        }

        if (error == 0 && (flags & MountFlags.ReadOnly) != 0 && source != null)
        {
            error = Configure(context, K.FsconfigFlag, (byte*)"ro"u8.Start, null);
        }

        error = error < 0 ? error : Configure(context, K.FsconfigCreate, null, null);
        error = error < 0 ? error : (int)Sys.Call(Nr.Fsmount, context, 1, (nint)(flags & Attributes));
        Sys.Close(context);
        return error;
    }

    /// <summary>Moves a mount that is attached to nothing onto an open place.</summary>
    internal static int Attach(int mount, int target) =>
        (int)Sys.Call(Nr.MoveMount, mount, (nint)(""u8).Start, target, (nint)(""u8).Start, K.MoveFromEmpty | K.MoveToEmpty);

    /// <summary>Sets attributes of a mount; they are only ever added.</summary>
    internal static int SetAttributes(int mount, ulong flags)
    {
        if (Half.Asks)
        {
            return Asking.Ask(Request.Restrict, flags & Attributes, mount);
        }

        ulong* attributes = stackalloc ulong[4];
        attributes[0] = flags & Attributes;
        attributes[1] = attributes[2] = attributes[3] = 0;
        int how = K.AtEmptyPath | ((flags & MountFlags.Recursive) != 0 ? K.AtRecursive : 0);
        return attributes[0] == 0 ? 0 : (int)Sys.Call(Nr.MountSetattr, mount, (nint)(""u8).Start, how, (nint)attributes, 32);
    }

    /// <summary>
    /// Binds what is open as source onto the open target; root and path say how to find the result again on kernels before 5.12.
    /// </summary>
    internal static int Bind(int source, int target, ulong flags, int root, byte* path)
    {
        if (Half.Asks)
        {
            bool image = root == Session.Directory && (Text.Same(path, "image"u8) || (Text.Starts(path, "overlay"u8) && (flags & MountFlags.SourceInSession) == 0));
            return Asking.Ask(image ? Request.DirectoryImage : Request.Bind, flags & Attributes, source, target);
        }

        int how = K.OpenTreeClone | O.CloseOnExec | K.AtEmptyPath | ((flags & MountFlags.Recursive) != 0 ? K.AtRecursive : 0);
        int tree = (int)Sys.Call(Nr.OpenTree, source, (nint)(""u8).Start, how);
        if (tree < 0)
        {
            return tree == -E.NOSYS ? OldMounts.Bind(source, target, flags, root, path) : tree;
        }

        int error = SetAttributes(tree, flags);
        if (error == -E.NOSYS)
        {
            Sys.Close(tree);
            return OldMounts.Bind(source, target, flags, root, path);
        }

        error = error < 0 ? error : Attach(tree, target);
        Sys.Close(tree);
        return error;
    }

    /// <summary>Opens a host path as the user would, waking up automounts.</summary>
    internal static int OpenOnHost(byte* path)
    {
        int opened = (int)Sys.Call(Nr.OpenTree, K.AtCwd, (nint)path, O.CloseOnExec);
        return opened == -E.NOSYS ? Sys.OpenAt(K.AtCwd, path, O.Path) : opened;
    }

    internal static bool Same(int a, int b)
    {
        FileStatus first = default;
        FileStatus second = default;
        return FileStatus.Read(a, &first) == 0 && FileStatus.Read(b, &second) == 0 && first.SameFile(&second);
    }

    private static int Bind(int source, int target, byte* step, bool ahead)
    {
        ulong flags = Plan.U64(step, Step.Flags);
        int error;
        if (Half.Asks && ahead && !Plan.Has(step, MountFlags.SourceIsDescriptor))
        {
            return Asking.Ahead(Request.Bind, step, flags & Attributes, a: source, b: target, mixed: !SameKind(source, target));
        }

        if (Plan.Has(step, MountFlags.SourceIsDescriptor))
        {
            // A mount made elsewhere and attached to nothing is taken as it is; nothing else can come from another namespace.
            error = SetAttributes(source, flags);
            error = error < 0 ? error : Attach(source, target);
        }
        else
        {
            bool inRoot = Plan.Has(step, MountFlags.TargetInRoot);
            error = Bind(source, target, flags, inRoot ? Root.Directory : Session.Directory, Plan.String(step, Step.Target));
        }

        return error == -E.INVAL && !SameKind(source, target) ? -E.NOTDIR : error;
    }

    private static int MakeNew(byte* step, int target, bool ahead)
    {
        byte* type = Plan.String(step, Step.Source);
        byte* options = Plan.String(step, Step.Data);
        ulong flags = Plan.U64(step, Step.Flags);
        if (Half.Asks)
        {
            return Asking.NewFileSystem(type, options, flags & Attributes, target, ahead ? step : null);
        }

        int made = Plan.Has(step, MountFlags.OfTheStep) ? Sharing.TakeMemory() : -1;
        made = made < 0 ? NewFileSystem(type, options, flags) : made;
        if (made == -E.NOSYS)
        {
            return Sys.Mount(type, Text.DescriptorPath(target), type, OldMounts.Flags(flags), options);
        }

        int error = made < 0 ? made : Attach(made, target);
        Sys.Close(made);
        return error;
    }

    private static int OpenSource(byte* step)
    {
        byte* path = Plan.String(step, Step.Source);
        if (Plan.Has(step, MountFlags.SourceIsDescriptor))
        {
            return (int)Plan.U64(step, Step.Number);
        }

        return Plan.Has(step, MountFlags.SourceInSession) ? Session.Open(path)
            : Plan.Has(step, MountFlags.SourceInRoot) ? Root.Open(path)
            : Plan.Has(step, MountFlags.SourceIsKnown) ? OpenKnown(step, path)
            : OpenOnHost(path);
    }

    /// <summary>Opens a host path that was looked at before the namespaces were left: it must lead to the same file still.</summary>
    private static int OpenKnown(byte* step, byte* path)
    {
        FileStatus status = default;
        int opened = OpenOnHost(path);
        int error = opened < 0 ? opened : FileStatus.Read(opened, &status);
        if (error == 0 && !status.Is(Plan.U64(step, Step.Number), Plan.U64(step, Step.Number3)))
        {
            error = -E.STALE;
        }

        if (error < 0)
        {
            Sys.Close(opened);
        }

        return error < 0 ? error : opened;
    }

    /// <summary>
    /// Makes a missing target through the root. Inside what was mounted since the root was made that is what the user asked
    /// for, when they named the place and no link of the image led there; in the root's own mount (a writable image) only when the step says so.
    /// </summary>
    private static int Create(byte* step, int source, byte* path, bool noFollow)
    {
        int parent = Walk.Find(Root.Directory, path, noFollow ? LastLink.Refused : LastLink.Followed, null, out byte* missing);
        if (parent < 0 || missing == null)
        {
            return parent;
        }

        FileStatus there = default;
        FileStatus root = default;
        FileStatus kind = default;
        int error = FileStatus.Read(parent, &there);
        error = error < 0 ? error : FileStatus.Read(Root.Directory, &root);
        error = error < 0 || source < 0 ? error : FileStatus.Read(source, &kind);
        if (error == 0 && there.SameMount(&root) && !Plan.Has(step, MountFlags.CreateInPlace))
        {
            error = -E.NOENT;
        }
        else if (error == 0 && Walk.LedInto(&there))
        {
            error = -E.XDEV;
        }

        ulong mode = Plan.U64(step, Step.Number2);
        int made = error < 0 ? error : Walk.Make(parent, missing, source >= 0 && !kind.IsDirectory, mode == 0 ? 0x1ED : (int)mode);
        Sys.Close(parent);
        return made;
    }

    private static bool SameKind(int a, int b)
    {
        FileStatus first = default;
        FileStatus second = default;
        return FileStatus.Read(a, &first) == 0 && FileStatus.Read(b, &second) == 0 && first.IsDirectory == second.IsDirectory;
    }

    private static int Skip(ReadOnlySpan<byte> why, byte* step, int field)
    {
        Audit.Note(why, Plan.String(step, field));
        return 0;
    }

    private static int Configure(int context, int command, byte* name, byte* value) =>
        (int)Sys.Call(Nr.Fsconfig, context, command, (nint)name, (nint)value);
}

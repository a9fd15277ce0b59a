using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>Targets of mounts that the image lacks, made in a tree of their own at the place where the image would have them.</summary>
internal static unsafe class Skeleton
{
    private static byte* s_canonical;

    /// <summary>Makes a step's target when the view has none. Answers 0 when something was made, 1 when nothing was to do, or an error.</summary>
    internal static int Make(byte* step, int view, int skeleton)
    {
        s_canonical = s_canonical == null ? Arena.Take(8192) : s_canonical;
        byte* path = Plan.String(step, Step.Target);
        int there = Walk.Open(view, path, Plan.Has(step, MountFlags.ReplaceSymlink));
        if (there >= 0)
        {
            Sys.Close(there);
            return 1;
        }

        LastLink link = Plan.Has(step, MountFlags.ReplaceSymlink) ? LastLink.Missing
            : Plan.Has(step, MountFlags.TargetNoFollow) ? LastLink.Refused : LastLink.Followed;
        int deepest = Walk.Find(view, path, link, s_canonical, out byte* missing);
        if (deepest < 0 || missing == null)
        {
            Sys.Close(deepest);
            return deepest < 0 ? deepest : 1;
        }

        Sys.Close(deepest);
        bool known = KindOfSource(step, view, out bool file);
        if (!known)
        {
            return -E.NOENT;
        }

        int place = CopyDirectories(view, skeleton);
        ulong mode = Plan.U64(step, Step.Number2);
        bool isNew = Plan.Kind(step) == StepKind.MountFuse;
        int made = place < 0 ? place : Walk.Make(place, missing, file, mode == 0 || isNew ? 0x1ED : (int)mode);
        Sys.Close(place);
        Sys.Close(made);
        return made < 0 ? made : 0;
    }

    /// <summary>Gives a directory the mode, and where the kernel lets us the owner, of another.</summary>
    internal static int SetMode(int at, byte* name, FileStatus* like)
    {
        FileStatus now = default;
        int error = FileStatus.Read(at, name, K.AtSymlinkNoFollow, &now);
        if (error == 0 && (now.Uid != like->Uid || now.Gid != like->Gid))
        {
            // Owners that this namespace does not map cannot be given, and inside nobody could use them.
            Sys.Call(Nr.Fchownat, at, (nint)name, (nint)like->Uid, (nint)like->Gid, K.AtSymlinkNoFollow);
        }

        if (error < 0 || (now.Mode & 0xFFF) == (like->Mode & 0xFFF))
        {
            return error;
        }

        int directory = Sys.OpenAt(at, name, O.ReadOnly | O.Directory | O.NoFollow);
        error = directory < 0 ? directory : (int)Sys.Call(Nr.Fchmod, directory, like->Mode & 0xFFF);
        Sys.Close(directory);
        return error;
    }

    /// <summary>Makes the directories that lead to the place as the view has them, and opens the last.</summary>
    private static int CopyDirectories(int view, int skeleton)
    {
        byte* rest = s_canonical;
        int original = Walk.Duplicate(view);
        int copy = original < 0 ? original : Walk.Duplicate(skeleton);
        for (byte* name = Walk.NextName(ref rest); name != null && copy >= 0; name = Walk.NextName(ref rest))
        {
            FileStatus status = default;
            int next = Sys.OpenAt(original, name, O.Path | O.NoFollow);
            int error = next < 0 ? next : FileStatus.Read(next, &status);
            error = error < 0 ? error : status.IsDirectory ? Sys.MakeDirectory(copy, name, 0x1C0) : -E.NOTDIR;
            error = error == -E.EXIST ? 0 : error < 0 ? error : SetMode(copy, name, &status);
            int made = error < 0 ? error : Sys.OpenAt(copy, name, O.Path | O.NoFollow | O.Directory);
            Sys.Close(original);
            Sys.Close(copy);
            original = next;
            copy = made;
        }

        Sys.Close(original);
        return copy;
    }

    /// <summary>Whether the source is a file or a directory; false when there is no source.</summary>
    private static bool KindOfSource(byte* step, int view, out bool file)
    {
        file = false;
        if (Plan.Kind(step) == StepKind.MountFuse || Plan.Has(step, MountFlags.NewFileSystem))
        {
            return true;
        }

        FileStatus status = default;
        byte* path = Plan.String(step, Step.Source);
        int error;
        if (Plan.Has(step, MountFlags.SourceIsDescriptor))
        {
            error = FileStatus.Read((int)Plan.U64(step, Step.Number), &status);
        }
        else if (Plan.Has(step, MountFlags.SourceInSession))
        {
            error = FileStatus.Read(Session.Directory, Session.Relative(path), K.AtSymlinkNoFollow, &status);
            if (error == -E.NOENT)
            {
                return WillBeMade(path, out file);
            }
        }
        else if (Plan.Has(step, MountFlags.SourceInRoot))
        {
            int found = Walk.Open(view, path);
            error = found < 0 ? found : FileStatus.Read(found, &status);
            Sys.Close(found);
        }
        else
        {
            error = FileStatus.Read(K.AtCwd, path, 0, &status);
        }

        file = !status.IsDirectory;
        return error == 0;
    }

    /// <summary>Finds the step that makes a session file or directory later.</summary>
    private static bool WillBeMade(byte* path, out bool file)
    {
        file = false;
        for (uint i = 0; i < Plan.StepCount; i++)
        {
            byte* step = Plan.StepAt(i);
            StepKind kind = Plan.Kind(step);
            bool makesFile = kind is StepKind.File or StepKind.Passwd or StepKind.Group;
            if ((makesFile || kind == StepKind.Directory) && Text.Same(Session.Name(step, Step.Target), Session.Relative(path)))
            {
                file = makesFile;
                return true;
            }
        }

        return false;
    }
}

using System;
using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>Overlay mounts of session directories, named relatively: their options are one page at most.</summary>
internal static unsafe class Overlay
{
    private const int PageSize = 4096;

    /// <summary>Mounts first : further layers : image at a place of the session; answers the kernel's refusal.</summary>
    internal static int Mount(byte* step, byte* first, byte* upper, byte* work, ReadOnlySpan<byte> place)
    {
        if (Half.Asks)
        {
            return Asking.MountOverlay(step, first, upper, work, place.Start);
        }

        byte* options = Arena.Take(PageSize);
        byte* end = Append(options, options, (byte*)"lowerdir="u8.Start);
        end = Append(options, end, first);
        byte* layers = Plan.Reference(step, Step.Data);
        for (uint i = 0; i < Plan.Count(layers); i++)
        {
            end = first == null && i == 0 ? end : Append(options, end, (byte*)":"u8.Start);
            end = Append(options, end, Session.Relative(Plan.Item(layers, i)));
        }

        end = Append(options, end, (byte*)":"u8.Start);
        end = Append(options, end, Session.Name(step, Step.Source));
        if (upper != null && work != null)
        {
            end = Append(options, end, (byte*)",upperdir="u8.Start);
            end = Append(options, end, upper);
            end = Append(options, end, (byte*)",workdir="u8.Start);
            end = Append(options, end, work);
        }

        if (Plan.Has(step, RootFlags.UserXattr))
        {
            end = Append(options, end, (byte*)",userxattr"u8.Start);
        }

        if (end == null)
        {
            return -E.NAMETOOLONG;
        }

        *end = 0;
        int flags = OldMounts.Flags(Root.Attributes(step));
        int error = (int)Sys.Call(Nr.Fchdir, Session.Directory);
        error = error < 0 ? error : Sys.Mount("overlay"u8, place, "overlay"u8, flags, options);
        int back = (int)Sys.Call(Nr.Chdir, (nint)"/"u8.Start);
        return error < 0 ? error : back;
    }

    /// <summary>
    /// Opens the tree that the payload would see without skeleton: the image, or, with further layers, a merged view of
    /// them that is mounted for this look only.
    /// </summary>
    internal static int OpenView(byte* step, int image)
    {
        byte* upper = Session.Name(step, Step.Extra);
        if (upper == null && Plan.Count(Plan.Reference(step, Step.Data)) == 0)
        {
            return image;
        }

        int error = Sys.MakeDirectory(Session.Directory, ".view"u8, 0x1C0);
        error = error < 0 ? error : Mount(step, upper, null, null, ".view"u8);
        if (error < 0)
        {
            return image; // the mount proper will be refused, too, and told
        }

        return Sys.OpenAt(Session.Directory, ".view"u8, O.Path | O.Directory | O.NoFollow);
    }

    internal static int CloseView(int view)
    {
        Sys.Close(view);
        if (Half.Asks)
        {
            return 0; // it goes with the session
        }

        int error = (int)Sys.Call(Nr.Fchdir, Session.Directory);
        error = error < 0 ? error : (int)Sys.Call(Nr.Umount2, (nint)".view"u8.Start, K.UmountDetach);
        int back = (int)Sys.Call(Nr.Chdir, (nint)"/"u8.Start);
        return error < 0 ? error : back;
    }

    /// <summary>Adds text, leaving room for what follows; null once it does not fit.</summary>
    private static byte* Append(byte* start, byte* end, byte* text)
    {
        if (end == null || text == null)
        {
            return end;
        }

        return end - start + Text.Length(text) + 1 >= PageSize ? null : Text.Copy(end, text);
    }
}

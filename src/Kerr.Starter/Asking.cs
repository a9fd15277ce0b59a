using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// Asks the privileged half for what a user may not do: requests of fixed size with descriptors (RequestFormat.cs). Only in starter-user; kerr-starter
/// does these things itself.
/// </summary>
internal static unsafe class Asking
{
    /// <summary>Sends a request and answers what came of it: a number, or an error negated. <paramref name="handed"/> is a descriptor, or −1.</summary>
    internal static int Ask(Request kind, ulong number, ulong number2, ulong number3, int a, int b, int c, out int handed, byte* text = null)
    {
        int* given = stackalloc int[Sockets.MostDescriptors];
        RequestPacket request = default;
        int count = Fill(&request, given, kind, number, number2, number3, a, b, c);
        for (int i = 0; text != null && text[i] != 0 && i < RequestPacket.TextSize; i++)
        {
            request.Text[i] = text[i];
        }

        return Requests.Ask(&request, given, count, out handed);
    }

    internal static int Ask(Request kind, ulong number = 0, int a = -1, int b = -1, int c = -1) =>
        Ask(kind, number, 0, 0, a, b, c, out _);

    /// <summary>Sends a request whose answer the next step does not need; when it fails, its step has, or without one the next that is asked for.</summary>
    internal static int Ahead(Request kind, byte* step, ulong number, ulong number2 = 0, ulong number3 = 0, int a = -1, int b = -1, bool mixed = false)
    {
        int* given = stackalloc int[Sockets.MostDescriptors];
        RequestPacket request = default;
        int count = Fill(&request, given, kind, number, number2, number3, a, b, -1);
        Requests.SendAhead(&request, given, count, step, mixed);
        return 0;
    }

    /// <summary>A new file system of the kinds that there are, from the words of the plan; ahead when its step is given.</summary>
    internal static int NewFileSystem(byte* type, byte* options, ulong flags, int target, byte* step)
    {
        ulong kind = Text.Same(type, "tmpfs"u8) || Text.Same(type, "ramfs"u8) ? FileSystemKind.Temporary
            : Text.Same(type, "proc"u8) ? FileSystemKind.Processes
            : Text.Same(type, "devpts"u8) ? FileSystemKind.Terminals
            : Text.Same(type, "mqueue"u8) ? FileSystemKind.Queues : ulong.MaxValue;
        ulong mode = 755; // octal digits: the other half has no words for it
        ulong size = 0;
        for (byte* at = options; at != null && *at != 0;)
        {
            if (Text.Starts(at, "mode="u8))
            {
                mode = 0;
                for (byte* digit = at + 5; *digit is >= (byte)'0' and <= (byte)'7'; digit++)
                {
                    mode = (mode * 10) + (ulong)(*digit - '0');
                }
            }
            else if (Text.Starts(at, "size="u8))
            {
                long wanted = Text.ParseNumber(at + 5, (byte)'m');
                size = wanted < 0 ? 0 : (ulong)wanted;
            }

            at = Text.Find(at, (byte)',');
            at = at == null ? null : at + 1;
        }

        return step != null ? Ahead(Request.NewFileSystem, step, flags, kind, mode | (size << 32), target)
            : Ask(Request.NewFileSystem, flags, kind, mode | (size << 32), target, -1, -1, out _);
    }

    /// <summary>An overlay of session directories, as <see cref="Overlay.Mount"/> makes it.</summary>
    internal static int MountOverlay(byte* step, byte* first, byte* upper, byte* work, void* place)
    {
        byte* layers = Plan.Reference(step, Step.Data);
        int error = first == null ? 0 : Layer(first);
        for (uint i = 0; error == 0 && i < Plan.Count(layers); i++)
        {
            error = Layer(Session.Relative(Plan.Item(layers, i)));
        }

        error = error < 0 ? error : Layer(Session.Name(step, Step.Source));
        int target = error < 0 ? error : Open(place);
        int above = upper == null || target < 0 ? -1 : Open(upper);
        int beside = work == null || target < 0 ? -1 : Open(work);
        error = target < 0 ? target : upper != null && above < 0 ? above : work != null && beside < 0 ? beside
            : Ask(Request.Overlay, Root.Attributes(step), target, above, beside);
        Sys.Close(target);
        Sys.Close(above);
        Sys.Close(beside);
        return error;
    }

    /// <summary>The image's file system over FUSE: the descriptor of its file is that of its server's step.</summary>
    internal static int MountFuse(byte* step, int target, out int device)
    {
        ulong server = Plan.U64(step, Step.Number2);
        byte* keep = null;
        for (uint i = 0; i < Plan.StepCount; i++)
        {
            byte* other = Plan.StepAt(i);
            keep = Plan.Kind(other) == StepKind.FuseServer && Plan.U64(other, Step.Number2) == server ? Plan.Reference(other, Step.More) : keep;
        }

        device = Sys.OpenAt(K.AtCwd, "/dev/fuse"u8, O.ReadWrite);
        int file = Plan.Count(keep) == 0 ? -1 : (int)Plan.Number(keep, 0);
        int handed = -1;
        int error = file < 0 ? -E.PERM : Ask(Request.FuseImage, Plan.U64(step, Step.Flags) & Mounts.Attributes, 0, 0, file, target, device < 0 ? -1 : device, out handed);
        device = error < 0 || device >= 0 ? device : handed;
        return error < 0 ? error : Images.ReleaseServer(server, device);
    }

    /// <summary>Leaves the end by which a server is let go for the half that makes its mount: in the socket that both have after each other.</summary>
    internal static int LeaveServer(ulong server, int end)
    {
        int sent = Sockets.Send(Requests.End, &server, sizeof(ulong), &end, 1);
        return sent < 0 ? sent : 0;
    }

    /// <summary>What --verbose prints of a request.</summary>
    private static void Tell(Request kind, int descriptor)
    {
        System.ReadOnlySpan<byte> what = kind switch
        {
            Request.Session => "Mounting session directory"u8,
            Request.KernelImage => "Mounting the image: kernel"u8,
            Request.FuseImage => "Mounting the image: served by FUSE"u8,
            Request.DirectoryImage => "Mounting the image: directory"u8,
            Request.Bind => "Mounting: bind of "u8,
            Request.NewFileSystem => "Mounting: a new file system on "u8,
            Request.Restrict => "Mounting: read-only"u8,
            Request.Overlay => "Mounting: overlay"u8,
            Request.Enter => "Entering the root"u8,
            _ => default,
        };
        if (Report.Level < 4 || what.Length == 0)
        {
            return;
        }

        const int PathSize = 4096;
        byte* mark = Arena.Mark();
        byte* path = Arena.Take(PathSize);
        if (kind is Request.Bind or Request.NewFileSystem)
        {
            Sys.Call(Nr.Readlinkat, K.AtCwd, (nint)Text.DescriptorPath(descriptor), (nint)path, PathSize - 1); // for the eye only
        }

        Line.Begin("VERBOSE:"u8);
        Line.Add(what);
        Line.Add(path);
        Line.End();
        Arena.Release(mark);
    }

    private static int Fill(
        RequestPacket* request, int* given, Request kind, ulong number, ulong number2, ulong number3, int a, int b, int c)
    {
        Tell(kind, a);
        request->Kind = kind;
        request->Number = number;
        request->Number2 = number2;
        request->Number3 = number3;
        given[0] = a;
        given[1] = b;
        given[2] = c;
        return c >= 0 ? 3 : b >= 0 ? 2 : a >= 0 ? 1 : 0;
    }

    private static int Layer(byte* name)
    {
        int layer = Open(name);
        int error = layer < 0 ? layer : Ahead(Request.Layer, null, 0, a: layer);
        Sys.Close(layer);
        return error;
    }

    private static int Open(void* name) => Sys.OpenAt(Session.Directory, name, O.Path | O.Directory | O.NoFollow);
}

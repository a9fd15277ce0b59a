using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// Asks the privileged half for what a user may not do: requests of fixed size with descriptors (RequestFormat.cs). Only in starter-user; kerr-starter
/// does these things itself.
/// </summary>
internal static unsafe class Asking
{
    /// <summary>Our end of the socket to the privileged half.</summary>
    internal static int End = -1;

    /// <summary>Sends a request and answers what came of it: a number, or an error negated. <paramref name="handed"/> is a descriptor, or −1.</summary>
    internal static int Ask(Request kind, ulong number, ulong number2, ulong number3, int a, int b, int c, out int handed, byte* text = null)
    {
        byte* request = stackalloc byte[RequestFormat.Size];
        int* given = stackalloc int[Sockets.MostDescriptors];
        for (int i = 0; i < RequestFormat.Size; i++)
        {
            request[i] = 0;
        }

        *(Request*)(request + RequestFormat.Kind) = kind;
        *(ulong*)(request + RequestFormat.Number) = number;
        *(ulong*)(request + RequestFormat.Number2) = number2;
        *(ulong*)(request + RequestFormat.Number3) = number3;
        for (int i = 0; text != null && text[i] != 0 && i < RequestFormat.TextSize; i++)
        {
            request[RequestFormat.Text + i] = text[i];
        }

        given[0] = a;
        given[1] = b;
        given[2] = c;
        int count = c >= 0 ? 3 : b >= 0 ? 2 : a >= 0 ? 1 : 0;
        long result = -E.IO;
        int error = Sockets.Send(End, request, RequestFormat.Size, given, count);
        error = error < 0 ? error : Sockets.Receive(End, &result, RequestFormat.AnswerSize, given);
        handed = error == RequestFormat.AnswerSize ? given[0] : -1;
        if (error != RequestFormat.AnswerSize)
        {
            Sys.Exit(255); // the privileged half has ended, and has said why
        }

        return (int)result;
    }

    internal static int Ask(Request kind, ulong number = 0, int a = -1, int b = -1, int c = -1) =>
        Ask(kind, number, 0, 0, a, b, c, out _);

    /// <summary>A new file system of the kinds that there are, from the words of the plan.</summary>
    internal static int NewFileSystem(byte* type, byte* options, ulong flags, int target)
    {
        ulong kind = Text.Same(type, "tmpfs"u8) || Text.Same(type, "ramfs"u8) ? FileSystemKind.Temporary
            : Text.Same(type, "proc"u8) ? FileSystemKind.Processes
            : Text.Same(type, "devpts"u8) ? FileSystemKind.Terminals
            : Text.Same(type, "mqueue"u8) ? FileSystemKind.Queues : ulong.MaxValue;
        ulong mode = 0x1ED;
        ulong size = 0;
        for (byte* at = options; at != null && *at != 0;)
        {
            if (Text.Starts(at, "mode="u8))
            {
                mode = 0;
                for (byte* digit = at + 5; *digit is >= (byte)'0' and <= (byte)'7'; digit++)
                {
                    mode = (mode * 8) + (ulong)(*digit - '0');
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

        return Ask(Request.NewFileSystem, flags, kind, mode | (size << 32), target, -1, -1, out _);
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
        int end = -1;
        error = error < 0 ? error : Ask(Request.TakeServer, server, 0, 0, -1, -1, -1, out end);
        return error < 0 ? error : FuseServers.Release(end, device);
    }

    private static int Layer(byte* name)
    {
        int layer = Open(name);
        int error = layer < 0 ? layer : Ask(Request.Layer, 0, layer);
        Sys.Close(layer);
        return error;
    }

    private static int Open(void* name) => Sys.OpenAt(Session.Directory, name, O.Path | O.Directory | O.NoFollow);
}

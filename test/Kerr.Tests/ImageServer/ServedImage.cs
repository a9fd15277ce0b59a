using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using Kerr.Image;
using Kerr.Image.SquashFs;
using Kerr.ImageServer;
using Kerr.ImageServer.Fuse;
using Kerr.Linux;

namespace Kerr.Tests.ImageServer;

/// <summary>An image behind one thread of the server, asked as the kernel would ask.</summary>
internal sealed class ServedImage
{
    internal const ulong Root = 1;

    private readonly FuseSession _session;
    private ulong _unique;

    internal ServedImage(IByteSource source, long cache = 1 << 20, uint? uid = null, uint? gid = null)
    {
        Image = new SquashFsImage(source, ServerCodecs.For, metadataBlocks: 64);
        _session = new FuseSession(Transport, Image, new ShownOwner(uid, gid), cache, new ServerLog("/image.sif", Told.Add));
        Worker = new FuseWorker(_session);
    }

    internal SquashFsImage Image { get; }

    internal RecordingTransport Transport { get; } = new();

    internal FuseWorker Worker { get; }

    /// <summary>Lines of the log.</summary>
    internal List<string> Told { get; } = [];

    internal static byte[] Request(FuseOpcode opcode, ulong unique, ulong node, params ReadOnlySpan<byte> body)
    {
        var message = new byte[FuseRequest.HeaderSize + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), (int)opcode);
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(8), unique);
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(16), node);
        body.CopyTo(message.AsSpan(FuseRequest.HeaderSize));
        return message;
    }

    /// <summary>The body of READ, READDIR and their like: 0 fh  8 offset  16 size … 40.</summary>
    internal static byte[] ReadBody(long offset, int size)
    {
        var body = new byte[40];
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(8), offset);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(16), size);
        return body;
    }

    /// <summary>Asks, and gives the answer behind its header, or the error.</summary>
    internal (Errno Error, byte[] Body) Ask(FuseOpcode opcode, ulong node, params ReadOnlySpan<byte> body)
    {
        Transport.Sent.Clear();
        ulong unique = ++_unique;
        Worker.Serve(Request(opcode, unique, node, body));
        byte[] reply = Transport.Sent[0];
        Xunit.Assert.Equal(reply.Length, BinaryPrimitives.ReadInt32LittleEndian(reply));
        Xunit.Assert.Equal(unique, BinaryPrimitives.ReadUInt64LittleEndian(reply.AsSpan(8)));
        return ((Errno)(-BinaryPrimitives.ReadInt32LittleEndian(reply.AsSpan(4))), reply[16..]);
    }

    /// <summary>The node of a path, looked up name by name; 0 where there is none.</summary>
    internal ulong Node(string path)
    {
        ulong node = Root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            (Errno error, byte[] entry) = Ask(FuseOpcode.FUSE_LOOKUP, node, Encoding.Latin1.GetBytes(name + "\0"));
            Xunit.Assert.Equal(Errno.None, error);
            node = BinaryPrimitives.ReadUInt64LittleEndian(entry);
        }

        return node;
    }

    /// <summary>Reads a whole file in requests of a size.</summary>
    internal byte[] Content(ulong node, int size = 128 << 10)
    {
        var content = new List<byte>();
        while (true)
        {
            (Errno error, byte[] part) = Ask(FuseOpcode.FUSE_READ, node, ReadBody(content.Count, size));
            Xunit.Assert.Equal(Errno.None, error);
            content.AddRange(part);
            if (part.Length < size)
            {
                return [.. content];
            }
        }
    }
}

using System;
using System.Buffers.Binary;
using System.IO;
using Kerr.Image.SquashFs;
using Kerr.ImageServer.Serving;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Memory;

namespace Kerr.ImageServer.Fuse;

/// <summary>One thread's part of the session: takes requests and answers them, without allocating anything on the way.</summary>
internal sealed unsafe class FuseWorker
{
    // The kernel wants room for 8 KiB and a header, whatever is agreed on.
    private const int RequestRoom = 16 << 10;
    private const int ReplyHeader = 16;

    // A listing is filled up to here, however much more the caller has room for.
    private const int ReplyRoom = 64 << 10;

    private readonly FuseSession _session;
    private readonly ContentReader _content;
    private readonly byte* _request;
    private readonly byte* _reply;

    internal FuseWorker(FuseSession session)
    {
        _session = session;
        _content = session.CreateReader(session.Threads.Promote);
        _request = AnonymousMemory.Take(RequestRoom);
        _reply = AnonymousMemory.Take(ReplyHeader + ReplyRoom);
    }

    private Span<byte> Reply => new(_reply + ReplyHeader, ReplyRoom);

    /// <summary>Serves until the mount is gone; gives the error number that ended it, ENODEV in the usual case.</summary>
    internal Errno Run()
    {
        var buffer = new Span<byte>(_request, RequestRoom);
        while (_session.Threads.Lead())
        {
            bool hadToWait = _session.Transport.Linger();
            int length = _session.Transport.Receive(buffer);
            _session.Threads.StepDown();
            _session.Note(hadToWait);
            if (length >= 0)
            {
                Serve(buffer[..length]);
            }
            else if (-length is not ((int)Errno.ENOENT or (int)Errno.EINTR or (int)Errno.EAGAIN)) // ENOENT: who asked has gone again
            {
                _session.End((Errno)(-length));
            }
        }

        return _session.Ended;
    }

    /// <summary>Answers one message.</summary>
    internal void Serve(ReadOnlySpan<byte> message)
    {
        if (!FuseRequest.TryParse(message, out FuseRequest request))
        {
            return;
        }

        int result;
        try
        {
            result = Answer(request);
        }
        catch (InvalidDataException damage)
        {
            _session.Log.Damaged(damage);
            result = -(int)Errno.EIO;
        }
        catch (LinuxException failure)
        {
            _session.Log.Failed(failure);
            result = -(int)Errno.EIO;
        }
        catch (Exception error) when (error is ArithmeticException or ArgumentException or InvalidOperationException or IndexOutOfRangeException)
        {
            // A number of the image that nobody held against anything: one file is lost, not the server.
            _session.Log.Unexpected(error);
            result = -(int)Errno.EIO;
        }

        if (!request.HasNoReply)
        {
            Send(request.Unique, result);
        }

        _content.Release();
    }

    private int Answer(in FuseRequest request)
    {
        ImageFileSystem files = _session.Files;
        switch (request.Opcode)
        {
            case FuseOpcode.FUSE_LOOKUP:
                return request.TryName(0, out ReadOnlySpan<byte> name) ? files.Lookup(request.Node, name, Reply) : -(int)Errno.EINVAL;
            case FuseOpcode.FUSE_GETATTR:
                return files.GetAttributes(request.Node, Reply);
            case FuseOpcode.FUSE_READLINK:
                return files.ReadLink(request.Node, Reply);
            case FuseOpcode.FUSE_READ:
                return Read(request);
            case FuseOpcode.FUSE_READDIR:
            case FuseOpcode.FUSE_READDIRPLUS:
                return ReadDirectory(request);
            case FuseOpcode.FUSE_GETXATTR:
            case FuseOpcode.FUSE_LISTXATTR:
                return Xattr(request);
            case FuseOpcode.FUSE_STATFS:
                return files.StatFs(Reply);
            case FuseOpcode.FUSE_LSEEK:
                return Seek(request);
            case FuseOpcode.FUSE_INIT:
                int size = FuseInit.Negotiate(request.Body, Reply, out FuseInit agreed);
                _session.Agreed = agreed;
                return size == 0 ? -(int)Errno.EPROTO : size;
            case FuseOpcode.FUSE_OPEN:
                return Open(_session.Agreed.NoOpen);
            case FuseOpcode.FUSE_OPENDIR:
                return Open(_session.Agreed.NoOpenDirectory);
            case FuseOpcode.FUSE_RELEASE:
            case FuseOpcode.FUSE_RELEASEDIR:
            case FuseOpcode.FUSE_DESTROY:
            case FuseOpcode.FUSE_FORGET:
            case FuseOpcode.FUSE_BATCH_FORGET:
                return 0;
            default:
                return -(int)Errno.ENOSYS; // INTERRUPT, too: an answer is always on its way
        }
    }

    // struct fuse_read_in: 0 fh  8 offset  16 size
    private int Read(in FuseRequest request)
    {
        if (!request.TryLong(8, out ulong offset) || !request.TryInt(16, out uint size))
        {
            return -(int)Errno.EINVAL;
        }

        SquashFsInode inode = _session.Files.Inode(request.Node);
        if (inode.Kind != FileKind.Regular)
        {
            return -(int)(inode.Kind == FileKind.Directory ? Errno.EISDIR : Errno.EINVAL);
        }

        int count = (int)Math.Min(size, FuseSession.LargestRead);
        _session.ReadAhead.Note(request.Node, inode, (long)offset, count);
        return _content.Collect(request.Node, inode, (long)offset, count);
    }

    private int ReadDirectory(in FuseRequest request)
    {
        if (!request.TryLong(8, out ulong from) || !request.TryInt(16, out uint size))
        {
            return -(int)Errno.EINVAL;
        }

        return _session.Files.ReadDirectory(
            request.Node, from, Reply[..(int)Math.Min(size, ReplyRoom)], request.Opcode == FuseOpcode.FUSE_READDIRPLUS);
    }

    // struct fuse_getxattr_in: 0 size  8 name
    private int Xattr(in FuseRequest request)
    {
        if (!_session.Files.HasXattrs)
        {
            return -(int)Errno.ENOSYS; // then the kernel asks no more
        }

        if (!request.TryInt(0, out uint room))
        {
            return -(int)Errno.EINVAL;
        }

        int most = (int)Math.Min(room, int.MaxValue);
        if (request.Opcode == FuseOpcode.FUSE_LISTXATTR)
        {
            return _session.Files.ListXattrs(request.Node, most, Reply);
        }

        return request.TryName(8, out ReadOnlySpan<byte> name) ? _session.Files.GetXattr(request.Node, name, most, Reply) : -(int)Errno.EINVAL;
    }

    // struct fuse_lseek_in: 0 fh  8 offset  16 whence
    private int Seek(in FuseRequest request)
    {
        if (!request.TryLong(8, out ulong offset) || !request.TryInt(16, out uint whence))
        {
            return -(int)Errno.EINVAL;
        }

        long found = _content.Seek(_session.Files.Inode(request.Node), (long)offset, whence);
        if (found < 0)
        {
            return (int)found;
        }

        BinaryPrimitives.WriteInt64LittleEndian(Reply, found);
        return sizeof(long);
    }

    // Who can do without is told so by ENOSYS, once; else: keep what is cached of files (2) and directories (8).
    private int Open(bool isNotNeeded)
    {
        const int Size = 16, FlagsAt = 8, FOPEN_KEEP_CACHE = 2, FOPEN_CACHE_DIR = 8;
        if (isNotNeeded)
        {
            return -(int)Errno.ENOSYS;
        }

        Reply[..Size].Clear();
        Reply[FlagsAt] = FOPEN_KEEP_CACHE | FOPEN_CACHE_DIR;
        return Size;
    }

    // struct fuse_out_header: 0 len  4 error  8 unique. Behind it is the reply's buffer, or the pieces of a file.
    private void Send(ulong unique, int result)
    {
        int length = ReplyHeader + Math.Max(result, 0);
        var header = new Span<byte>(_reply, ReplyHeader);
        BinaryPrimitives.WriteInt32LittleEndian(header, length);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], Math.Min(result, 0));
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], unique);
        Span<IoVector> pieces = _content.Pieces;
        if (pieces.Length > 1 && result > 0)
        {
            pieces[0] = new IoVector(_reply, ReplyHeader);
            _session.Transport.Send(pieces);
        }
        else
        {
            _session.Transport.Send([new IoVector(_reply, length)]);
        }
    }
}

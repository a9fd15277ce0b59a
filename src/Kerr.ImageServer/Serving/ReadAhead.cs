using System;
using System.IO;
using System.Threading;
using Kerr.Image.SquashFs;
using Kerr.ImageServer.Fuse;
using Kerr.Linux;
using Kerr.Linux.Memory;
using Kerr.Linux.Processes;

namespace Kerr.ImageServer.Serving;

/// <summary>Decodes what sequential readers will ask for next, on threads of its own.</summary>
/// <remarks>
/// The kernel reads 128 KiB ahead over FUSE, which is one block: too little to keep more than one processor decoding. When reads of a
/// file follow each other, the blocks behind them are queued, and decoded into the cache while the reader is busy with those before.
/// </remarks>
internal sealed unsafe class ReadAhead
{
    private const int Streams = 32;
    private const int Queued = 64;
    private const int SmallestPart = 128 << 10;
    private const int MostThreads = 4;

    private readonly Lock _lock = new();
    private readonly Func<ContentReader> _readers;
    private readonly SquashFsImage _image;
    private readonly Stream[] _streams = new Stream[Streams];
    private readonly Part[] _queue = new Part[Queued];
    private readonly int* _signal = (int*)AnonymousMemory.Take(sizeof(int));
    private readonly int _part;
    private readonly int _ahead;
    private int _head;
    private int _count;
    private int _sleeping;
    private int _threads;
    private int _clock;

    /// <param name="readers">Makes what a thread decodes with.</param>
    /// <param name="bytes">How far to read ahead of each reader, at most.</param>
    internal ReadAhead(SquashFsImage image, Func<ContentReader> readers, int bytes)
    {
        _image = image;
        _readers = readers;
        _part = Math.Max(SmallestPart, image.Superblock.BlockSize);
        _ahead = bytes / _part * _part;
    }

    /// <summary>How many threads there may be, each with a block pinned.</summary>
    internal static int ThreadCount => Math.Min(Environment.ProcessorCount, MostThreads);

    /// <summary>Tells of a read that is being answered.</summary>
    internal void Note(ulong node, in SquashFsInode inode, long offset, int count)
    {
        if (_ahead == 0 || inode.Size <= _part)
        {
            return;
        }

        lock (_lock)
        {
            ref Stream stream = ref Find(node);

            // The kernel may send two reads that follow each other in either order.
            bool follows = offset >= stream.Next - SmallestPart && offset <= stream.Next + SmallestPart;
            stream.UsedAt = ++_clock;
            stream.Next = follows ? Math.Max(stream.Next, offset + count) : offset + count;

            // Who begins at the start goes on, mostly: programs and libraries do. Others must have followed twice.
            stream.Run = offset == 0 ? 2 : follows ? stream.Run + 1 : 0;
            stream.Until = follows ? Math.Max(stream.Until, stream.Next) : stream.Next;
            if (stream.Run < 2)
            {
                return;
            }

            // Twice as far with each read.
            long goal = Math.Min(inode.Size, stream.Next + Math.Min(_ahead, (long)_part << Math.Min(stream.Run - 2, 10)));
            bool any = false;
            while (stream.Until < goal && _count < Queued)
            {
                long end = Math.Min(inode.Size, ((stream.Until / _part) + 1) * _part);
                _queue[(_head + _count++) % Queued] = new Part(node, stream.Until, (int)(end - stream.Until));
                stream.Until = end;
                any = true;
            }

            if (any)
            {
                Wake();
            }
        }
    }

    private void Wake()
    {
        if (_sleeping > 0)
        {
            Volatile.Write(ref *_signal, *_signal + 1);
            Futex.Wake(_signal, _count);
        }
        else if (_threads < ThreadCount)
        {
            // Without a thread more, readers decode for themselves.
            _threads += NativeThread.TryStart(Work, FuseSession.StackSize) ? 1 : 0;
        }
    }

    private void Work()
    {
        ContentReader reader = _readers();
        while (true)
        {
            Part part = Take();
            try
            {
                ulong reference = Nodes.Reference(_image, part.Node);
                reader.Prepare(part.Node, _image.ReadInode(reference), part.Offset, part.Count);
            }
            catch (Exception error) when (error is InvalidDataException or LinuxException or ArithmeticException or ArgumentException or InvalidOperationException or IndexOutOfRangeException)
            {
                _ = error; // whoever reads there meets it again, and is told
            }
        }
    }

    private Part Take()
    {
        while (true)
        {
            int signal;
            lock (_lock)
            {
                if (_count > 0)
                {
                    Part part = _queue[_head];
                    _head = (_head + 1) % Queued;
                    _count--;
                    return part;
                }

                signal = *_signal;
                _sleeping++;
            }

            Futex.Wait(_signal, signal);
            lock (_lock)
            {
                _sleeping--;
            }
        }
    }

    private ref Stream Find(ulong node)
    {
        int oldest = 0;
        for (int i = 0; i < Streams; i++)
        {
            if (_streams[i].Node == node)
            {
                return ref _streams[i];
            }

            if (_clock - _streams[i].UsedAt > _clock - _streams[oldest].UsedAt)
            {
                oldest = i;
            }
        }

        _streams[oldest] = new Stream { Node = node };
        return ref _streams[oldest];
    }

    private readonly record struct Part(ulong Node, long Offset, int Count);

    // A reader: the end of its last read, of what was queued for it, and how many reads followed each other.
    private struct Stream
    {
        internal ulong Node;
        internal long Next;
        internal long Until;
        internal int Run;
        internal int UsedAt;
    }
}

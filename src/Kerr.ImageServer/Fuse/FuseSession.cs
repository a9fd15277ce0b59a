using System;
using System.Threading;
using Kerr.Image.SquashFs;
using Kerr.ImageServer.Serving;
using Kerr.Linux;
using Kerr.Linux.Memory;
using Kerr.Linux.Processes;

namespace Kerr.ImageServer.Fuse;

/// <summary>One mount of one image: what its threads share, and how many there are.</summary>
internal sealed unsafe class FuseSession
{
    internal const int LargestRead = FuseInit.RequestPages * 4096;

    internal const int StackSize = 256 << 10;

    private const int UnattendedMask = 0x3FF;

    private readonly SquashFsImage _image;
    private readonly BlockCache _cache;
    private readonly BlockLists _lists;
    private readonly byte* _zeros;
    private readonly int _mostThreads;
    private int _threads;
    private int _waiting;
    private int _unattended;

    /// <param name="cacheBytes">Memory for decoded blocks; more where threads could not work with so little.</param>
    internal FuseSession(IFuseTransport transport, SquashFsImage image, ShownOwner owner, long cacheBytes, ServerLog log)
    {
        Transport = transport;
        Log = log;
        _image = image;
        Files = new ImageFileSystem(image, owner);
        _lists = new BlockLists(image);
        int blockSize = image.Superblock.BlockSize;
        _zeros = AnonymousMemory.Take(blockSize);

        // Every thread must be able to pin what one request needs, else they would wait for each other.
        int perThread = ContentReader.BlocksOf(LargestRead, blockSize);
        int slots = (int)Math.Clamp(cacheBytes / blockSize, (2 * perThread) + ReadAhead.ThreadCount, 1 << 20);
        _mostThreads = Math.Min(Math.Clamp(2 * Environment.ProcessorCount, 4, 16), (slots - ReadAhead.ThreadCount) / perThread);
        _cache = new BlockCache(blockSize, slots);
        ReadAhead = new ReadAhead(image, () => CreateReader(), (int)Math.Min(cacheBytes / 8, 2 << 20));
    }

    internal IFuseTransport Transport { get; }

    internal ServerLog Log { get; }

    internal ImageFileSystem Files { get; }

    internal ReadAhead ReadAhead { get; }

    /// <summary>What INIT settled; until then the least.</summary>
    internal FuseInit Agreed { get; set; }

    internal ContentReader CreateReader(Action? grow = null) => new(_image, _cache, _lists, _zeros, LargestRead, grow);

    /// <summary>Serves on this thread, and on more as requests meet; comes back when the mount is gone.</summary>
    internal Errno Run()
    {
        _threads = 1;
        return new FuseWorker(this).Run();
    }

    /// <summary>A thread is about to wait for a request.</summary>
    internal void Waits() => Interlocked.Increment(ref _waiting);

    /// <summary>A thread has a request.</summary>
    internal void Works()
    {
        if (Interlocked.Decrement(ref _waiting) == 0 && (++_unattended & UnattendedMask) == 0)
        {
            Grow();
        }
    }

    /// <summary>
    /// Starts another thread when nobody waits for requests and this one will be busy for long: a block is decoded. Short
    /// answers are cheaper in turn than on another processor; only many of them count as long.
    /// </summary>
    internal void Grow()
    {
        if (Volatile.Read(ref _waiting) > 0 || Volatile.Read(ref _threads) >= _mostThreads)
        {
            return;
        }

        if (Interlocked.Increment(ref _threads) > _mostThreads
            || !NativeThread.TryStart(() => new FuseWorker(this).Run(), StackSize))
        {
            Interlocked.Decrement(ref _threads);
        }
    }
}

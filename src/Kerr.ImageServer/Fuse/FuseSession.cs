using System;
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

    private const int LongBacklog = 16;

    private readonly SquashFsImage _image;
    private readonly BlockCache _cache;
    private readonly BlockLists _lists;
    private readonly byte* _zeros;
    private int _backlog;

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
        int threads = Math.Min(Math.Clamp(2 * Environment.ProcessorCount, 4, 16), (slots - ReadAhead.ThreadCount) / perThread);
        Threads = new LeaderFollowers(StartThread, threads);
        _cache = new BlockCache(blockSize, slots);
        ReadAhead = new ReadAhead(image, () => CreateReader(), (int)Math.Min(cacheBytes / 8, 2 << 20));
    }

    internal IFuseTransport Transport { get; }

    internal LeaderFollowers Threads { get; }

    internal ServerLog Log { get; }

    internal ImageFileSystem Files { get; }

    internal ReadAhead ReadAhead { get; }

    /// <summary>Why there are no more requests; ENODEV in the usual case.</summary>
    internal Errno Ended { get; private set; }

    /// <summary>What INIT settled; until then the least.</summary>
    internal FuseInit Agreed { get; set; }

    internal ContentReader CreateReader(Action? grow = null) => new(_image, _cache, _lists, _zeros, LargestRead, grow);

    /// <summary>Serves on this thread, and on more as requests meet; comes back when the mount is gone.</summary>
    internal Errno Run() => new FuseWorker(this).Run();

    /// <summary>
    /// Notes whether a request had to wait for a thread. Short answers are cheaper in turn than on another processor: only
    /// when many had to wait one after the other does another thread lead.
    /// </summary>
    internal void Note(bool hadToWait)
    {
        _backlog = hadToWait ? _backlog + 1 : 0;
        if (_backlog >= LongBacklog)
        {
            Threads.Promote();
        }
    }

    /// <summary>No request will come any more, for this reason: all threads come back.</summary>
    internal void End(Errno reason)
    {
        Ended = reason;
        Threads.End();
    }

    private bool StartThread() => NativeThread.TryStart(() => new FuseWorker(this).Run(), StackSize);
}

using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Kerr.ImageServer.Serving;
using Xunit;

namespace Kerr.Tests.ImageServer.Serving;

public sealed class BlockCacheTests
{
    private const uint Word = 100;

    [Fact]
    public void A_block_is_decoded_once_and_kept()
    {
        var cache = new BlockCache(4096, 4);
        int slot = Put(cache, 1000);

        Assert.Equal(slot, cache.Acquire(1000, Word, out bool isNew));
        Assert.False(isNew);
        Assert.Equal((4096, 1000), (cache.Length(slot), Content(cache, slot)));
    }

    [Fact]
    public void The_same_place_with_another_size_is_another_block()
    {
        var cache = new BlockCache(4096, 4);
        Put(cache, 1000);
        cache.Acquire(1000, Word + 1, out bool isNew);
        Assert.True(isNew);
    }

    [Fact]
    public void What_was_not_used_makes_room_and_what_is_pinned_stays()
    {
        var cache = new BlockCache(4096, 4);
        int pinned = Put(cache, 1);
        for (int i = 2; i < 40; i++)
        {
            cache.Release(Put(cache, i));
        }

        Assert.Equal(pinned, cache.Acquire(1, Word, out bool isNew));
        Assert.False(isNew);
        cache.Acquire(2, Word, out isNew);
        Assert.True(isNew);
    }

    [Fact]
    public void With_all_pinned_there_is_no_place()
    {
        var cache = new BlockCache(4096, 2);
        Put(cache, 1);
        Put(cache, 2);

        Assert.Throws<InvalidOperationException>(() => cache.Acquire(3, Word, out _));
        Assert.False(cache.TryAcquireNew(3, Word, out _));
    }

    [Fact]
    public async Task Who_comes_while_a_block_is_decoded_waits_for_it()
    {
        var cache = new BlockCache(4096, 4);
        int slot = cache.Acquire(1, Word, out _);
        Assert.False(cache.TryAcquireNew(1, Word, out _));
        Task<(int, bool)> other = Task.Run(() => (cache.Acquire(1, Word, out bool isNew), isNew), TestContext.Current.CancellationToken);
        Assert.NotSame(other, await Task.WhenAny(other, Task.Delay(50, TestContext.Current.CancellationToken)));

        cache.Ready(slot, 10);

        Assert.Equal((slot, false), await other);
    }

    [Fact]
    public async Task Who_waits_for_a_damaged_block_fails_and_who_comes_later_tries_again()
    {
        var cache = new BlockCache(4096, 4);
        int slot = cache.Acquire(1, Word, out _);
        Task other = Task.Run(() => cache.Acquire(1, Word, out _), TestContext.Current.CancellationToken);
        Assert.NotSame(other, await Task.WhenAny(other, Task.Delay(50, TestContext.Current.CancellationToken)));

        cache.Failed(slot);

        await Assert.ThrowsAsync<InvalidDataException>(() => other);
        cache.Acquire(1, Word, out bool isNew);
        Assert.True(isNew);
    }

    [Fact]
    public async Task Threads_that_fight_for_few_slots_find_what_they_asked_for()
    {
        var cache = new BlockCache(4096, 16);
        await Parallel.ForAsync(0, 4, TestContext.Current.CancellationToken, (seed, _) =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 20_000; i++)
            {
                long block = random.Next(64);
                int slot = cache.Acquire(block, Word, out bool isNew);
                if (isNew)
                {
                    Content(cache, slot) = block;
                    cache.Ready(slot, 8);
                }

                Assert.Equal(block, Content(cache, slot));
                cache.Release(slot);
            }

            return ValueTask.CompletedTask;
        });
    }

    private static unsafe ref long Content(BlockCache cache, int slot) => ref *(long*)cache.Memory(slot);

    private static int Put(BlockCache cache, long block)
    {
        int slot = cache.Acquire(block, Word, out bool isNew);
        Assert.True(isNew);
        Content(cache, slot) = block;
        cache.Ready(slot, 4096);
        return slot;
    }
}

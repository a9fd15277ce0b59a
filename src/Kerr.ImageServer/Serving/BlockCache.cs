using System;
using System.IO;
using System.Threading;
using Kerr.Linux.Memory;

namespace Kerr.ImageServer.Serving;

/// <summary>Decoded data and fragment blocks, in memory of a fixed size; for several threads.</summary>
/// <remarks>
/// <code>
/// a slot:  empty ──Acquire──▶ decoding ──Ready──▶ ready ──(unpinned, not used lately)──▶ empty
///                                 └─────Failed──▶ failed ──(last pin gone)──▶ empty
/// </code>
/// Whoever acquires a block that is not there decodes it; others that come for it meanwhile wait. A pin keeps a slot.
/// </remarks>
internal sealed unsafe class BlockCache
{
    private const int Empty = 0, Decoding = 1, IsReady = 2, HasFailed = 3;
    private const int None = -1;

    private readonly Lock _lock = new();
    private readonly int _blockSize;
    private readonly byte* _memory;
    private readonly int* _states;
    private readonly Slot[] _slots;
    private readonly int[] _buckets;
    private int _hand;

    internal BlockCache(int blockSize, int slots)
    {
        _blockSize = blockSize;
        _memory = AnonymousMemory.Take((long)blockSize * slots);
        _states = (int*)AnonymousMemory.Take((long)slots * sizeof(int));
        _slots = new Slot[slots];
        _buckets = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)slots)];
        Array.Fill(_buckets, None);
    }

    internal int Count => _slots.Length;

    internal byte* Memory(int slot) => _memory + ((long)slot * _blockSize);

    internal int Length(int slot) => _slots[slot].Length;

    /// <summary>Finds or makes the slot of a block and pins it. With <paramref name="isNew"/> the caller decodes, then calls Ready or Failed.</summary>
    /// <exception cref="InvalidDataException">Another thread, which came before, could not decode it.</exception>
    internal int Acquire(long block, uint word, out bool isNew)
    {
        int slot;
        lock (_lock)
        {
            slot = Find(block, word);
            isNew = slot == None;
            if (isNew)
            {
                slot = Claim(block, word);
                return slot != None ? slot : throw new InvalidOperationException("more blocks are pinned than the cache has");
            }

            _slots[slot].Pins++;
            _slots[slot].Used = true;
        }

        int state;
        while ((state = Volatile.Read(ref _states[slot])) == Decoding)
        {
            Futex.Wait(&_states[slot], Decoding);
        }

        if (state == HasFailed)
        {
            Release(slot);
            throw new InvalidDataException($"the block at {block} is damaged");
        }

        return slot;
    }

    /// <summary>As Acquire for a block that nobody has asked for yet: false where it is there, is coming, or has no place.</summary>
    internal bool TryAcquireNew(long block, uint word, out int slot)
    {
        lock (_lock)
        {
            slot = Find(block, word);
            if (slot != None)
            {
                _slots[slot].Used = true;
                return false;
            }

            slot = Claim(block, word);
            return slot != None;
        }
    }

    /// <summary>The block is decoded; who waits for it goes on.</summary>
    internal void Ready(int slot, int length)
    {
        _slots[slot].Length = length;
        Announce(slot, IsReady);
    }

    /// <summary>The block cannot be decoded: who waits for it fails, who comes later tries again. Releases the pin.</summary>
    internal void Failed(int slot)
    {
        lock (_lock)
        {
            Unlink(slot);
        }

        Announce(slot, HasFailed);
        Release(slot);
    }

    internal void Release(int slot)
    {
        lock (_lock)
        {
            _slots[slot].Pins--;
        }
    }

    private void Announce(int slot, int state)
    {
        Volatile.Write(ref _states[slot], state);
        Futex.Wake(&_states[slot], int.MaxValue);
    }

    private int Find(long block, uint word)
    {
        int slot = _buckets[Bucket(block)];
        while (slot != None && (_slots[slot].Block != block || _slots[slot].Word != word))
        {
            slot = _slots[slot].Next;
        }

        return slot;
    }

    // The clock's hand passes over slots that were used since it last came by.
    private int Claim(long block, uint word)
    {
        for (int steps = 0; steps < 2 * _slots.Length; steps++)
        {
            int slot = _hand;
            _hand = _hand + 1 == _slots.Length ? 0 : _hand + 1;
            ref Slot candidate = ref _slots[slot];
            if (candidate.Pins > 0)
            {
                continue;
            }

            if (candidate.Used)
            {
                candidate.Used = false;
                continue;
            }

            if (_states[slot] == IsReady)
            {
                Unlink(slot);
            }

            int bucket = Bucket(block);
            candidate = new Slot { Block = block, Word = word, Pins = 1, Used = true, Next = _buckets[bucket] };
            _buckets[bucket] = slot;
            _states[slot] = Decoding;
            return slot;
        }

        return None;
    }

    private void Unlink(int slot)
    {
        ref int link = ref _buckets[Bucket(_slots[slot].Block)];
        while (link != slot)
        {
            link = ref _slots[link].Next;
        }

        link = _slots[slot].Next;
        _states[slot] = Empty;
    }

    private int Bucket(long block) => (int)((ulong)block * 0x9E37_79B9_7F4A_7C15 >> 40) & (_buckets.Length - 1);

    private struct Slot
    {
        internal long Block;
        internal uint Word;
        internal int Length;
        internal int Pins;
        internal int Next;
        internal bool Used;
    }
}

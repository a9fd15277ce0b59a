using System;
using System.Collections.Generic;
using System.Text;

namespace Kerr.Registry.Layers;

/// <summary>What is known of a name while layers are merged, the uppermost layer first.</summary>
internal enum NameState : byte
{
    /// <summary>Only something about it is known, such as that it was deleted.</summary>
    Unknown,

    /// <summary>A directory that must be there since something is in it; no layer has told its mode yet.</summary>
    Implied,
    Directory,

    /// <summary>Anything but a directory.</summary>
    Other,
}

/// <summary>All names of an image, as a tree in a few arrays: about 40 bytes for each, and the bytes of its last part.</summary>
internal sealed class PathTree
{
    internal const int Root = 0;
    internal const ushort Never = ushort.MaxValue;

    private Node[] _nodes = new Node[1024];
    private int[] _buckets = new int[2048];
    private byte[] _names = new byte[16 * 1024];
    private int _nameEnd;

    internal PathTree()
    {
        _nodes[0] = new Node { State = NameState.Implied, CutAt = Never, OpaqueAt = Never };
        Count = 1;
    }

    internal int Count { get; private set; }

    internal ref Node this[int node] => ref _nodes[node];

    /// <summary>The name in a directory; -1 where nothing is known of it.</summary>
    internal int Find(int parent, ReadOnlySpan<byte> name)
    {
        uint hash = Hash(parent, name);
        for (int node = _buckets[hash & (uint)(_buckets.Length - 1)] - 1; node >= 0; node = _nodes[node].Next - 1)
        {
            ref Node candidate = ref _nodes[node];
            if (candidate.Parent == parent && Name(candidate).SequenceEqual(name))
            {
                return node;
            }
        }

        return -1;
    }

    internal int FindOrAdd(int parent, ReadOnlySpan<byte> name)
    {
        int found = Find(parent, name);
        if (found >= 0)
        {
            return found;
        }

        Grow(name.Length);
        name.CopyTo(_names.AsSpan(_nameEnd));
        _nodes[Count] = new Node { Parent = parent, NameAt = _nameEnd, NameLength = (ushort)name.Length, CutAt = Never, OpaqueAt = Never };
        _nameEnd += name.Length;
        Enter(Count);
        return Count++;
    }

    /// <summary>The path from the root, without a slash in front; Latin-1.</summary>
    internal string PathOf(int node)
    {
        var parts = new List<string>();
        for (; node != Root; node = _nodes[node].Parent)
        {
            parts.Add(Encoding.Latin1.GetString(Name(_nodes[node])));
        }

        parts.Reverse();
        return string.Join('/', parts);
    }

    private ReadOnlySpan<byte> Name(in Node node) => _names.AsSpan(node.NameAt, node.NameLength);

    private void Grow(int nameLength)
    {
        if (_nameEnd + nameLength > _names.Length)
        {
            Array.Resize(ref _names, Math.Max(_names.Length * 2, _nameEnd + nameLength));
        }

        if (Count == _nodes.Length)
        {
            Array.Resize(ref _nodes, Count * 2);
            _buckets = new int[_nodes.Length * 2];
            for (int node = 1; node < Count; node++)
            {
                Enter(node);
            }
        }
    }

    private void Enter(int node)
    {
        ref int bucket = ref _buckets[Hash(_nodes[node].Parent, Name(_nodes[node])) & (uint)(_buckets.Length - 1)];
        _nodes[node].Next = bucket;
        bucket = node + 1;
    }

    // Marvin, the runtime's hash with a secret of this process: an image cannot be made so that all names collide.
    private static uint Hash(int parent, ReadOnlySpan<byte> name)
    {
        var hash = new HashCode();
        hash.Add(parent);
        hash.AddBytes(name);
        return (uint)hash.ToHashCode();
    }

    /// <summary>A name. Layers are counted from the uppermost, which is 0.</summary>
    internal struct Node
    {
        internal int Parent;
        internal int Next;          // in its bucket, plus one
        internal int NameAt;
        internal ushort NameLength;

        /// <summary>The layer that made it what it is; of an implied directory, the last that implied it.</summary>
        internal ushort Layer;

        /// <summary>Layers below this one do not show here, nor below: deleted, or replaced by something else.</summary>
        internal ushort CutAt;

        /// <summary>Of layers below this one, nothing shows in this directory.</summary>
        internal ushort OpaqueAt;

        /// <summary>Of owner, mode and time: whether a repeated entry says the same.</summary>
        internal int Fingerprint;
        internal NameState State;
    }
}

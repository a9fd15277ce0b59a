using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Kerr.Registry.Layers;

/// <summary>Merges layers into one tar stream in which every name stands once.</summary>
/// <remarks>
/// Layers come the uppermost first; what is added before the first of them lies above all, as layer 0. Then the first entry of a name is the one that counts, and a layer's deletions
/// (whiteouts) are known before what they delete. Nothing is unpacked and no content is kept; memory grows with the number of names only.
/// OCI image specification, layer.md.
/// </remarks>
public sealed class LayerMerge
{
    private const string Whiteout = ".wh.", Reserved = ".wh..wh.", Opaque = ".wh..wh..opq";
    private const int MostLinks = 40;

    private readonly PathTree _tree = new();
    private readonly MergeKnowledge _knowledge;
    private readonly bool _fixPermissions;
    private readonly Dictionary<int, string> _links = [];   // symbolic links of the layer that is read
    private readonly Dictionary<string, int> _seen = [];    // of names that it is known to repeat
    private readonly LinkQueue _pending;
    private readonly byte[] _part = new byte[255];
    private TarWriter? _output;
    private ushort _layer;

    /// <param name="knowledge">What earlier readings of the same layers taught.</param>
    /// <param name="fixPermissions">Gives the owner rwX on everything.</param>
    public LayerMerge(TarWriter output, MergeKnowledge knowledge, bool fixPermissions = false)
    {
        _output = output;
        _knowledge = knowledge;
        _fixPermissions = fixPermissions;
        _pending = new LinkQueue(_tree);
        knowledge.StartReading();
    }

    /// <summary>The newest time of any entry that was written, seconds since 1970.</summary>
    public long NewestTime { get; private set; }

    /// <summary>Whether something was learnt too late: what was written is not the image, and the layers have to be read again.</summary>
    public bool MustBeRepeated => _output is null;

    /// <summary>Starts the next layer down.</summary>
    public void NextLayer()
    {
        _layer = checked((ushort)(_layer + 1));
        _links.Clear();
        _seen.Clear();
    }

    /// <summary>Takes the next layer down as a whole.</summary>
    public void Add(TarReader layer)
    {
        NextLayer();
        while (layer.Next() is { } entry)
        {
            Add(entry, layer, []);
        }
    }

    /// <summary>Takes an entry of the present layer, with its content if it is a file.</summary>
    public void Add(TarEntry entry, ReadOnlySpan<byte> content) => Add(entry, null, content);

    /// <summary>
    /// Hard links whose other name is in a lower layer, where it was found; gives those whose content is hidden and has to be read again.
    /// </summary>
    internal IReadOnlyList<PendingLink> WriteLinks() => _output is null ? [] : _pending.Write(_output, Locate);

    /// <summary>The directories that no layer tells about: mode 0755, owned by root.</summary>
    public void WriteImpliedDirectories(long time)
    {
        for (int node = 1; node < _tree.Count; node++)
        {
            if (_tree[node].State == NameState.Implied)
            {
                _output?.Write(new TarEntry(TarKind.Directory, _tree.PathOf(node) + "/") { Mode = 0b111_101_101, ModifiedAt = time });
            }
        }
    }

    private void Add(TarEntry entry, TarReader? reader, ReadOnlySpan<byte> content)
    {
        string path = LayerPath.Clean(entry.Name);
        if (path.Length == 0)
        {
            // The root's mode and owner are ours to choose.
            if (entry.Kind != TarKind.Directory)
            {
                throw new InvalidDataException("a layer wants to replace the root directory with something else");
            }

            return;
        }

        if (_knowledge.HasRepeats && IsRepeatedLater(path))
        {
            return;
        }

        string last = path[(path.LastIndexOf('/') + 1)..];
        if (last.StartsWith(Whiteout, StringComparison.Ordinal))
        {
            Delete(path, last);
            return;
        }

        if (!TryEnter(ref path, imply: true, out int parent))
        {
            return;
        }

        int node = _tree.FindOrAdd(parent, Part(path, path.LastIndexOf('/') + 1));
        int fingerprint = HashCode.Combine(entry.Mode, entry.Uid, entry.Gid, entry.ModifiedAt, entry.Attributes.Count);
        if (!IsNew(node, entry, path, fingerprint))
        {
            return;
        }

        ref PathTree.Node made = ref _tree[node];
        made.State = entry.Kind == TarKind.Directory ? NameState.Directory : NameState.Other;
        made.Layer = _layer;
        made.Fingerprint = fingerprint;
        Make(node, path, entry, reader, content);
    }

    private void Make(int node, string path, TarEntry entry, TarReader? reader, ReadOnlySpan<byte> content)
    {
        if (entry.Kind == TarKind.HardLink)
        {
            string target = LayerPath.Clean(entry.LinkName);
            int known = Locate(ref target, _layer);
            if (known >= 0 && _tree[known].State == NameState.Other && _tree[known].Layer == _layer && known != node && !_pending.Contains(known))
            {
                _output?.Write(new TarEntry(TarKind.HardLink, path) { LinkName = _tree.PathOf(known) });
                return;
            }

            _pending.Add(new PendingLink(node, path, target, _layer));
            return;
        }

        if (entry.Kind == TarKind.SymbolicLink)
        {
            _links[node] = entry.LinkName;
        }

        TarEntry written = Fitted(entry, path);
        NewestTime = Math.Max(NewestTime, written.ModifiedAt);
        if (reader is null)
        {
            _output?.Write(written, content);
        }
        else
        {
            _output?.Write(written, reader);
        }
    }

    /// <summary>The entry under its merged name, with what squashfs can hold.</summary>
    internal TarEntry Fitted(TarEntry entry, string path)
    {
        bool directory = entry.Kind == TarKind.Directory;
        int mode = entry.Mode;
        if (_fixPermissions && entry.Kind is TarKind.Directory or TarKind.File)
        {
            mode |= directory || (mode & 0b001_001_001) != 0 ? 0b111_000_000 : 0b110_000_000;
        }

        return entry with
        {
            Name = directory ? path + "/" : path,
            LinkName = entry.Kind == TarKind.SymbolicLink ? entry.LinkName : "",
            Mode = mode,
            Size = entry.Kind == TarKind.File ? entry.Size : 0,
            ModifiedAt = Math.Clamp(entry.ModifiedAt, 0, uint.MaxValue),
            Attributes = LayerAttributes.Kept(entry.Attributes),
        };
    }

    // Whether the entry is the first of its name, and so the one that counts.
    private bool IsNew(int node, TarEntry entry, string path, int fingerprint)
    {
        ref PathTree.Node known = ref _tree[node];
        bool directory = entry.Kind == TarKind.Directory;
        if (known.CutAt < _layer)
        {
            return false;
        }

        switch (known.State)
        {
            case NameState.Unknown:
            case NameState.Implied when directory:
                return true;

            case NameState.Other:
                if (known.Layer == _layer)
                {
                    Relearn(path);
                }

                return false;

            case NameState.Directory when directory:
                if (known.Layer == _layer && known.Fingerprint != fingerprint)
                {
                    Relearn(path);
                }

                return false;

            default:
                // A directory of an upper layer, where this one has something else: what lies deeper does not show in it.
                if (known.Layer == _layer)
                {
                    throw new InvalidDataException($"a layer has {path} both as a directory and as something else");
                }

                if (known.State == NameState.Implied && entry.Kind == TarKind.SymbolicLink)
                {
                    _knowledge.LearnLink(_layer, path, entry.LinkName);
                    _output = null;
                    return false;
                }

                known.CutAt = Math.Min(known.CutAt, _layer);
                return false;
        }
    }

    private void Relearn(string path)
    {
        _knowledge.LearnRepeat(_layer, path);
        _output = null;
    }

    private bool IsRepeatedLater(string path)
    {
        int repeats = _knowledge.Repeats(_layer, path);
        if (repeats == 0)
        {
            return false;
        }

        int seen = _seen.GetValueOrDefault(path);
        _seen[path] = seen + 1;
        return seen < repeats;
    }

    private void Delete(string path, string last)
    {
        if (last == Opaque)
        {
            if (TryEnter(ref path, imply: true, out int directory))
            {
                ref PathTree.Node opaque = ref _tree[directory];
                opaque.OpaqueAt = Math.Min(opaque.OpaqueAt, _layer);
            }

            return;
        }

        if (last.StartsWith(Reserved, StringComparison.Ordinal))
        {
            return;     // book-keeping of AUFS
        }

        if (last[Whiteout.Length..] is "" or "." or "..")
        {
            throw new InvalidDataException($"a layer deletes {path}, which names nothing that can be deleted");
        }

        if (TryEnter(ref path, imply: false, out int parent))
        {
            ref PathTree.Node deleted = ref _tree[_tree.FindOrAdd(parent, Part(path, path.LastIndexOf('/') + 1 + Whiteout.Length))];
            deleted.CutAt = Math.Min(deleted.CutAt, _layer);
        }
    }

    /// <summary>
    /// Finds the directory of a path, through symbolic links, which changes the path; false where upper layers hide it.
    /// </summary>
    private bool TryEnter(ref string path, bool imply, out int parent)
    {
        for (int links = 0; links <= MostLinks; links++)
        {
            parent = PathTree.Root;
            string? through = null;
            int at = 0;
            if (_tree[parent].OpaqueAt < _layer)
            {
                return false;
            }

            for (int slash; (slash = path.IndexOf('/', at)) >= 0; at = slash + 1)
            {
                int node = _tree.FindOrAdd(parent, Part(path, at, slash));
                if (IsHidden(node, path, slash, imply, out through))
                {
                    return false;
                }

                if (through is not null)
                {
                    string directory = at == 0 ? "" : path[..(at - 1)];
                    path = LayerPath.Join(LayerPath.Follow(directory, through), path[(slash + 1)..]);
                    break;
                }

                parent = node;
            }

            if (through is null)
            {
                return true;
            }
        }

        throw new InvalidDataException($"symbolic links on the way to {path} lead in a circle");
    }

    private bool IsHidden(int node, string path, int end, bool imply, out string? through)
    {
        through = null;
        ref PathTree.Node known = ref _tree[node];
        if (known.CutAt < _layer)
        {
            return true;
        }

        switch (known.State)
        {
            case NameState.Other when known.Layer < _layer:
                return true;

            case NameState.Other:
                through = _links.TryGetValue(node, out string? target)
                    ? target
                    : throw new InvalidDataException($"a layer has {path} below {path[..end]}, which is no directory");
                return false;

            case NameState.Unknown or NameState.Implied:
                through = _knowledge.HasLinks ? _knowledge.Link(_layer, path[..end]) : null;
                if (through is null && imply)
                {
                    known.State = NameState.Implied;
                    known.Layer = _layer;
                }

                break;
        }

        return through is null && known.OpaqueAt < _layer;
    }

    // The name as it is now, from an entry of that layer; -1 where there is none.
    private int Locate(ref string path, ushort layer)
    {
        for (int links = 0; links <= MostLinks; links++)
        {
            int node = PathTree.Root, at = 0;
            string? through = null;
            while (node >= 0 && at <= path.Length)
            {
                int slash = path.IndexOf('/', at);
                int end = slash < 0 ? path.Length : slash;
                node = end == at ? -1 : _tree.Find(node, Part(path, at, end));
                if (slash >= 0 && node >= 0 && _tree[node].State is NameState.Unknown or NameState.Implied && _knowledge.HasLinks)
                {
                    through = _knowledge.Link(layer, path[..end]);
                }

                if (slash >= 0 && node >= 0 && _tree[node].State == NameState.Other && _links.TryGetValue(node, out string? target))
                {
                    through = target;
                }

                if (through is not null)
                {
                    path = LayerPath.Join(LayerPath.Follow(at == 0 ? "" : path[..(at - 1)], through), path[(end + 1)..]);
                    break;
                }

                at = end + 1;
            }

            if (through is null)
            {
                return node;
            }
        }

        return -1;
    }

    private ReadOnlySpan<byte> Part(string path, int start, int end = -1)
    {
        ReadOnlySpan<char> part = path.AsSpan(start, (end < 0 ? path.Length : end) - start);
        return _part.AsSpan(0, Encoding.Latin1.GetBytes(part, _part));
    }
}

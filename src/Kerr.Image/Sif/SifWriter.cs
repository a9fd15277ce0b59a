using System;
using System.IO;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Image.Sif;

/// <summary>Makes and changes SIF files. Each change is complete on return: descriptors and header are written last.</summary>
/// <remarks>
/// Times are seconds since 1970, <see cref="SifHeader.NoTime"/> for none. In an image that has neither id nor times,
/// changes leave none either, whatever time they are given: made twice, it is the same file.
/// </remarks>
public sealed class SifWriter
{
    public const int UsualCapacity = 48;
    public const string RunLaunchScript = "#!/usr/bin/env run-singularity\n";
    private const long TableOffset = 4096;

    private readonly SafeFileHandle _file;
    private readonly SifDescriptor?[] _table;
    private SifHeader _header;

    private SifWriter(SafeFileHandle file, SifHeader header)
    {
        _file = file;
        _header = header;
        _table = new SifDescriptor?[header.DescriptorsTotal];
    }

    public SifHeader Header => _header;

    /// <summary>Starts an image in an open file that is to be overwritten.</summary>
    /// <param name="id">Nil, with <see cref="SifHeader.NoTime"/>, for an image that is the same each time it is made.</param>
    public static SifWriter Create(
        SafeFileHandle file, Guid id, long time, string launchScript = RunLaunchScript, int capacity = UsualCapacity)
    {
        if (launchScript.Length >= SifHeader.LaunchScriptSize)
        {
            throw new ArgumentException($"a launch script has at most {SifHeader.LaunchScriptSize - 1} bytes", nameof(launchScript));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        long tableSize = DataOffset(capacity) - TableOffset;
        var writer = new SifWriter(file, new SifHeader(
            launchScript, null, id, time, time, capacity, capacity, TableOffset, tableSize, TableOffset + tableSize, 0));
        writer.WriteTable();
        return writer;
    }

    /// <summary>Where the data begin in an image with so many descriptors.</summary>
    public static long DataOffset(int capacity) => TableOffset + (capacity * (long)SifDescriptor.Size);

    /// <summary>Opens an image to change it; the file is open for reading and writing.</summary>
    public static SifWriter Open(SafeFileHandle file)
    {
        SifImage image = SifImage.Read(new FileRange(file));
        var writer = new SifWriter(file, image.Header);
        foreach (SifDescriptor descriptor in image.Descriptors)
        {
            writer._table[descriptor.Index] = descriptor;
        }

        return writer;
    }

    /// <summary>Where the next object with this alignment will lie.</summary>
    public long NextOffset(int alignment) => Align(_header.DataOffset + DataSize(), alignment);

    /// <summary>Adds an object behind all others; gives its id.</summary>
    public uint Add(SifObject added, long time)
    {
        int index = FreeIndex(added);
        long offset = NextOffset(added.Alignment);
        long length = 0;
        var buffer = new byte[64 * 1024];
        for (int count; (count = added.Content.Read(buffer)) > 0; length += count)
        {
            FileCalls.Write(_file, offset + length, buffer.AsSpan(0, count));
        }

        return Describe(added, index, offset, length, time);
    }

    /// <summary>Adds an object whose bytes are in the file already, from <see cref="NextOffset"/> on; gives its id.</summary>
    public uint AddInPlace(SifObject added, long length, long time)
        => Describe(added, FreeIndex(added), NextOffset(added.Alignment), length, time);

    /// <summary>Deletes an object; nothing else moves.</summary>
    /// <param name="zero">Writes zeros over its bytes.</param>
    /// <param name="compact">Cuts the file behind the last object that is left.</param>
    public void Delete(uint id, bool zero, bool compact, long time)
    {
        int index = IndexOf(id);
        SifDescriptor deleted = _table[index]!;
        if (zero)
        {
            var zeros = new byte[Math.Min(deleted.Length, 64 * 1024)];
            for (long done = 0; done < deleted.Length;)
            {
                int count = (int)Math.Min(zeros.Length, deleted.Length - done);
                FileCalls.Write(_file, deleted.Offset + done, zeros.AsSpan(0, count));
                done += count;
            }
        }

        _table[index] = null;
        _header = _header with { ModifiedAt = Time(time) };
        if (IsPrimary(deleted))
        {
            _header = _header with { Architecture = null };
        }

        if (compact)
        {
            _header = _header with { DataSize = DataSize() };
        }

        // The descriptor goes first: cut short here, the file still has no object beyond its end.
        WriteTable();
        if (compact)
        {
            FileCalls.SetLength(_file, _header.DataOffset + _header.DataSize);
        }
    }

    /// <summary>Makes a system partition the primary one; the one that was becomes an ordinary one.</summary>
    public void SetPrimary(uint id, long time)
    {
        int index = IndexOf(id);
        SifPartition partition = SifExtra.Partition(_table[index]!);
        if (partition.Type == SifPartitionType.PrimarySystem)
        {
            return;
        }

        if (partition.Type != SifPartitionType.System)
        {
            throw new InvalidDataException($"object {id} is not a system partition");
        }

        for (int i = 0; i < _table.Length; i++)
        {
            if (_table[i] is { } other && IsPrimary(other))
            {
                SetType(i, SifPartitionType.System, time);
            }
        }

        SetType(index, SifPartitionType.PrimarySystem, time);
        _header = _header with { Architecture = partition.Architecture, ModifiedAt = Time(time) };
        WriteTable();
    }

    /// <summary>Gives the image another id; signatures made before no longer hold.</summary>
    public void SetId(Guid id)
    {
        _header = _header with { Id = id };
        WriteTable();
    }

    private bool IsDeterministic
        => _header.Id == Guid.Empty && _header.CreatedAt == SifHeader.NoTime && _header.ModifiedAt == SifHeader.NoTime;

    private static bool IsPrimary(SifDescriptor descriptor)
        => descriptor.DataType == SifDataType.Partition && SifExtra.Partition(descriptor).Type == SifPartitionType.PrimarySystem;

    private static long Align(long offset, int alignment) => (offset + alignment - 1) / alignment * alignment;

    private long Time(long time) => IsDeterministic ? SifHeader.NoTime : time;

    private void SetType(int index, SifPartitionType type, long time)
    {
        SifDescriptor descriptor = _table[index]!;
        _table[index] = descriptor with
        {
            Extra = SifExtra.Of(SifExtra.Partition(descriptor) with { Type = type }),
            ModifiedAt = Time(time),
        };
    }

    private int IndexOf(uint id)
    {
        int index = Array.FindIndex(_table, descriptor => descriptor?.Id == id);
        return index >= 0 ? index : throw new InvalidDataException($"there is no object {id}");
    }

    private int FreeIndex(SifObject added)
    {
        if (added.Name.Length > SifDescriptor.NameSize || added.Extra.Length > SifDescriptor.ExtraSize)
        {
            throw new ArgumentException($"the name {added.Name} or its extra bytes are too long", nameof(added));
        }

        if (added.DataType == SifDataType.Partition && added.Extra.Length < 12)
        {
            throw new ArgumentException("a partition needs its extra bytes", nameof(added));
        }

        int index = Array.IndexOf(_table, null);
        return index >= 0 ? index : throw new InvalidDataException($"all {_table.Length} descriptors are in use");
    }

    private uint Describe(SifObject added, int index, long offset, long length, long time)
    {
        var extra = new byte[SifDescriptor.ExtraSize];
        added.Extra.CopyTo(extra);

        // An id is the place in the table, unless another tool gave that number to another object.
        uint id = (uint)index + 1;
        while (Array.Exists(_table, other => other?.Id == id))
        {
            id++;
        }

        var descriptor = new SifDescriptor
        {
            Index = index,
            DataType = added.DataType,
            Id = id,
            GroupId = added.GroupId,
            LinkedId = added.LinkedId,
            LinksToGroup = added.LinksToGroup,
            Offset = offset,
            Length = length,
            PaddedLength = offset + length - (_header.DataOffset + DataSize()),
            CreatedAt = Time(time),
            ModifiedAt = Time(time),
            Name = added.Name,
            Extra = extra,
        };
        if (IsPrimary(descriptor))
        {
            if (Array.Exists(_table, static other => other is not null && IsPrimary(other)))
            {
                throw new InvalidDataException("the image has a primary partition already");
            }

            _header = _header with { Architecture = SifExtra.Partition(descriptor).Architecture };
        }

        _table[index] = descriptor;
        _header = _header with { DataSize = DataSize(), ModifiedAt = Time(time) };
        WriteTable();
        return id;
    }

    // From the start of the data section to the end of its last object.
    private long DataSize()
    {
        long end = _header.DataOffset;
        foreach (SifDescriptor? descriptor in _table)
        {
            end = Math.Max(end, descriptor is null ? 0 : descriptor.Offset + descriptor.Length);
        }

        return end - _header.DataOffset;
    }

    private void WriteTable()
    {
        var table = new byte[_table.Length * SifDescriptor.Size];
        int free = 0;
        for (int i = 0; i < _table.Length; i++)
        {
            if (_table[i] is { } descriptor)
            {
                descriptor.Write(table.AsSpan(i * SifDescriptor.Size));
            }
            else
            {
                free++;
            }
        }

        _header = _header with { DescriptorsFree = free };
        Span<byte> header = stackalloc byte[SifHeader.Size];
        _header.Write(header);
        FileCalls.Write(_file, _header.DescriptorsOffset, table);
        FileCalls.Write(_file, 0, header);
    }
}

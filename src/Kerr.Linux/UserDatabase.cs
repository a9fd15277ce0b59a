using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using Kerr.Linux.Files;

namespace Kerr.Linux;

/// <summary>A line of the user database.</summary>
public sealed record UserEntry(string Name, uint Uid, uint Gid, string Gecos, string Home, string Shell);

/// <summary>A line of the group database.</summary>
public readonly record struct GroupEntry(string Name, uint Gid);

/// <summary>
/// The host's users and groups. The plain files are read first, since that costs microseconds; what they lack is asked of
/// the C library, which knows LDAP and sssd.
/// </summary>
public static unsafe partial class UserDatabase
{
    private const int FileLimit = 64 << 20;

    [StructLayout(LayoutKind.Sequential)]
    private struct Passwd
    {
        public byte* Name, Password;
        public uint Uid, Gid;
        public byte* Gecos, Home, Shell;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Group
    {
        public byte* Name, Password;
        public uint Gid;
        public byte** Members;
    }

    [LibraryImport("libc")]
    private static partial Passwd* getpwuid(uint uid);

    [LibraryImport("libc")]
    private static partial Passwd* getpwnam(byte* name);

    [LibraryImport("libc")]
    private static partial Group* getgrgid(uint gid);

    [LibraryImport("libc")]
    private static partial Group* getgrnam(byte* name);

    /// <summary>Null when nobody has this number.</summary>
    public static UserEntry? FindUser(uint uid)
    {
        byte[]? file = SmallFile.TryRead("/etc/passwd", FileLimit);
        if (file is not null && FindLine(file, 2, uid) is { } line && ParseUser(line) is { } entry)
        {
            return entry;
        }

        return Convert(getpwuid(uid));
    }

    public static UserEntry? FindUser(string name)
    {
        fixed (byte* native = ByteText.ToNative(name))
        {
            return Convert(getpwnam(native));
        }
    }

    /// <summary>The names of groups, in the order asked; groups without a name are left out.</summary>
    public static List<GroupEntry> FindGroups(IReadOnlyList<uint> gids)
    {
        var found = new List<GroupEntry>(gids.Count);
        byte[]? file = SmallFile.TryRead("/etc/group", FileLimit);
        foreach (uint gid in gids)
        {
            if (file is not null && FindLine(file, 2, gid) is { } line)
            {
                found.Add(new GroupEntry(line[..line.IndexOf(':')], gid));
            }
            else if (getgrgid(gid) is var entry && entry is not null)
            {
                found.Add(new GroupEntry(ByteText.FromNative(entry->Name), gid));
            }
        }

        return found;
    }

    public static uint? FindGroup(string name)
    {
        fixed (byte* native = ByteText.ToNative(name))
        {
            Group* entry = getgrnam(native);
            return entry is null ? null : entry->Gid;
        }
    }

    /// <summary>The first line whose field number <paramref name="field"/> is <paramref name="number"/>.</summary>
    private static string? FindLine(ReadOnlySpan<byte> file, int field, uint number)
    {
        Span<byte> wanted = stackalloc byte[12];
        number.TryFormat(wanted, out int length, default, CultureInfo.InvariantCulture);
        wanted = wanted[..length];
        while (!file.IsEmpty)
        {
            int end = file.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? file : file[..end];
            file = end < 0 ? default : file[(end + 1)..];

            ReadOnlySpan<byte> rest = line;
            for (int i = 0; i < field; i++)
            {
                int colon = rest.IndexOf((byte)':');
                rest = colon < 0 ? default : rest[(colon + 1)..];
            }

            int close = rest.IndexOf((byte)':');
            if (close >= 0 && rest[..close].SequenceEqual(wanted))
            {
                return ByteText.FromNative(line);
            }
        }

        return null;
    }

    private static UserEntry? ParseUser(string line)
    {
        string[] fields = line.Split(':');
        return fields.Length >= 7
            && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint uid)
            && uint.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out uint gid)
            ? new UserEntry(fields[0], uid, gid, fields[4], fields[5], fields[6])
            : null;
    }

    private static UserEntry? Convert(Passwd* entry) => entry is null ? null : new UserEntry(
        ByteText.FromNative(entry->Name), entry->Uid, entry->Gid, ByteText.FromNative(entry->Gecos),
        ByteText.FromNative(entry->Home), ByteText.FromNative(entry->Shell));
}

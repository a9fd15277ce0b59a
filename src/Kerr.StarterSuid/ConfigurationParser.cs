using System;

namespace Kerr.Starter;

/// <summary>
/// Reads `directive = value` lines, as the commands do (Kerr.Runtime.Configuration); only in a process that can do nothing but this. What it
/// does not know ends the launch: a misspelled limit must not be one that is gone.
/// </summary>
internal unsafe struct ConfigurationParser(byte* text, nint length, byte* users, nint usersLength, byte* groups, nint groupsLength, uint caller)
{
    private const uint UnknownName = 1, NoValue = 2, BadValue = 3, TooMuch = 4, UnknownUser = 5;

    private byte* _at;
    private byte* _end;
    private bool _failed;

    internal static ReadOnlySpan<byte> Describe(uint problem) => problem switch
    {
        UnknownName => "kerr.conf has a directive that is not known,"u8,
        NoValue => "kerr.conf has a line that is no `directive = value`,"u8,
        BadValue => "kerr.conf has a value that its directive does not take,"u8,
        TooMuch => "kerr.conf has a longer list than the setuid mode can hold,"u8,
        _ => "kerr.conf names a user or group that is not in /etc/passwd or /etc/group (its number would do),"u8,
    };

    internal void Parse(ref Configuration into)
    {
        into = default;
        into.Switches = Switch.Setuid | Switch.PidNamespace | Switch.IpcNamespace | Switch.UtsNamespace | Switch.Directory | Switch.SquashFs | Switch.Sif
            | Switch.Ext3 | Switch.UserBind | Switch.MountSlave | Switch.KernelSquashFs | Switch.MountSquashFsLimited | Switch.Overlay | Switch.AuditLaunches;
        into.SessionSize = 64;
        into.LoopDevices = 256;
        byte* end = text + length;
        byte* line = text;
        AddHome(ref into);
        while (line < end && !_failed)
        {
            byte* stop = line;
            while (stop < end && *stop != '\n')
            {
                stop++;
            }

            into.Line++;
            _at = line;
            _end = stop;
            line = stop + 1;
            Trim();
            if (_at < _end && *_at != '#')
            {
                Directive(ref into);
            }
        }
    }

    private void Directive(ref Configuration into)
    {
        byte* name = _at;
        byte* stop = _end;
        while (_at < _end && *_at != '=')
        {
            _at++;
        }

        if (_at == _end)
        {
            Fail(ref into, NoValue, name, stop);
            return;
        }

        byte* nameEnd = _at++;
        Trim();
        while (nameEnd > name && nameEnd[-1] is (byte)' ' or (byte)'\t')
        {
            nameEnd--;
        }

        uint flag = SwitchNamed(name, nameEnd);
        bool isYes = Is(_at, _end, "yes"u8);
        if (flag == 0 && !IsKnown(name, nameEnd))
        {
            Fail(ref into, UnknownName, name, nameEnd);
        }
        else if (_at == _end)
        {
            return; // "bind path =" is how a generated file writes that there is none
        }
        else if (flag == Switch.MountSquashFs)
        {
            bool limited = Is(_at, _end, "iflimited"u8);
            into.Switches = (into.Switches & ~(Switch.MountSquashFs | Switch.MountSquashFsLimited))
                | (isYes ? Switch.MountSquashFs : limited ? Switch.MountSquashFsLimited : 0);
            Require(ref into, isYes || limited || Is(_at, _end, "no"u8));
        }
        else if (flag == Switch.Overlay)
        {
            into.Switches = Is(_at, _end, "no"u8) ? into.Switches & ~flag : into.Switches | flag;
        }
        else if (flag != 0)
        {
            into.Switches = isYes ? into.Switches | flag : into.Switches & ~flag;
            Require(ref into, isYes || Is(_at, _end, "no"u8));
        }
        else if (Is(name, nameEnd, "sessiondir max size"u8))
        {
            into.SessionSize = (uint)Number(ref into, 1 << 24);
        }
        else if (Is(name, nameEnd, "max loop devices"u8))
        {
            into.LoopDevices = (uint)Number(ref into, 1 << 20);
        }
        else if (Is(name, nameEnd, "audit sink"u8))
        {
            Require(ref into, _end - _at < 108);
            for (; !_failed && _at < _end; _at++)
            {
                fixed (byte* sink = into.Sink)
                {
                    sink[into.SinkLength++] = *_at;
                }
            }
        }
        else if (Is(name, nameEnd, "limit container owners"u8) || Is(name, nameEnd, "limit container groups"u8)
            || Is(name, nameEnd, "limit container paths"u8) || Is(name, nameEnd, "bind path"u8))
        {
            List(ref into, name[0] == 'b' ? 'b' : name[16]);
        }
    }

    private static uint SwitchNamed(byte* name, byte* end) =>
        Is(name, end, "allow setuid"u8) ? Switch.Setuid
        : Is(name, end, "allow pid ns"u8) ? Switch.PidNamespace
        : Is(name, end, "allow ipc ns"u8) ? Switch.IpcNamespace
        : Is(name, end, "allow uts ns"u8) ? Switch.UtsNamespace
        : Is(name, end, "allow container dir"u8) ? Switch.Directory
        : Is(name, end, "allow container squashfs"u8) ? Switch.SquashFs
        : Is(name, end, "allow container sif"u8) ? Switch.Sif
        : Is(name, end, "allow container extfs"u8) ? Switch.Ext3
        : Is(name, end, "user bind control"u8) ? Switch.UserBind
        : Is(name, end, "mount slave"u8) ? Switch.MountSlave
        : Is(name, end, "mount hostfs"u8) ? Switch.HostFileSystems
        : Is(name, end, "allow kernel squashfs"u8) ? Switch.KernelSquashFs
        : Is(name, end, "allow setuid-mount squashfs"u8) ? Switch.MountSquashFs
        : Is(name, end, "enable overlay"u8) ? Switch.Overlay
        : Is(name, end, "audit required"u8) ? Switch.AuditRequired
        : Is(name, end, "audit launches"u8) ? Switch.AuditLaunches
        : 0;

    /// <summary>Directives that only the commands and the user's half obey. A test holds the list against theirs.</summary>
    private static ReadOnlySpan<byte> Others =>
        "allow user ns\nroot default capabilities\nconfig passwd\nconfig group\nconfig resolv_conf\nmount proc\nmount sys\nmount dev\nmount devpts\n"u8
        + "mount home\nmount tmp\nenable fusemount\nshare images\nshare ranks\nsite cache\ncache quota\nenable underlay\nmemory fs type\nimage server cache\nshared loop devices\nimage driver\n"u8
        + "allow container encrypted\nallow setuid-mount encrypted\nallow setuid-mount extfs\nallow kernel extfs\nsync writable extfs\ntmp sandbox\n"u8
        + "allow net users\nallow net groups\nallow net networks\nallow netns paths\ncni configuration path\ncni plugin path\nalways use nv\n"u8
        + "use nvidia-container-cli\nalways use rocm\nsystemd cgroups\nallow monitoring\napptheus communication socket path\napptheus socket path\n"u8
        + "binary path\nmksquashfs procs\nmksquashfs mem\ndownload concurrency\ndownload part size\ndownload buffer size\n"u8
        + "sessiondir max size\nmax loop devices\nlimit container owners\nlimit container groups\nlimit container paths\nbind path\naudit sink\n"u8;

    private static bool IsKnown(byte* name, byte* end)
    {
        byte* at = (byte*)Others.Start;
        byte* last = at + Others.Length;
        while (at < last)
        {
            nint i = 0;
            while (name + i < end && at[i] == name[i])
            {
                i++;
            }

            if (name + i == end && at[i] == '\n')
            {
                return true;
            }

            while (*at++ != '\n')
            {
            }
        }

        return false;
    }

    /// <summary>The items of a list: separated by commas, blanks around them left out.</summary>
    private void List(ref Configuration into, int kind)
    {
        byte* all = _end;
        while (_at < all && !_failed)
        {
            byte* item = _at;
            while (_at < all && *_at != ',')
            {
                _at++;
            }

            byte* next = _at < all ? _at + 1 : all;
            _end = _at;
            _at = item;
            Trim();
            if (_at < _end)
            {
                Item(ref into, kind);
            }

            _at = next;
        }
    }

    private void Item(ref Configuration into, int kind)
    {
        if (kind is 'o' or 'g')
        {
            ref uint count = ref kind == 'o' ? ref into.OwnerCount : ref into.GroupCount;
            long id = kind == 'o' ? Id(users, usersLength) : Id(groups, groupsLength);
            if (id < 0 || count == Configuration.MostIds)
            {
                Fail(ref into, id < 0 ? UnknownUser : TooMuch, _at, _end);
                return;
            }

            fixed (uint* owners = into.Owners, members = into.Groups)
            {
                (kind == 'o' ? owners : members)[count++] = (uint)id;
            }

            return;
        }

        byte* stop = _at;
        while (stop < _end && (kind != 'b' || *stop != ':'))
        {
            stop++; // of SOURCE:TARGET the source
        }

        fixed (byte* binds = into.Binds, limits = into.Limits)
        {
            Add(ref into, kind == 'b' ? binds : limits, ref kind == 'b' ? ref into.BindLength : ref into.LimitLength, _at, stop);
        }
    }

    private void Add(ref Configuration into, byte* paths, ref uint used, byte* from, byte* to)
    {
        if (to - from + 1 >= Configuration.PathsSize - used)
        {
            Fail(ref into, TooMuch, from, to);
            return;
        }

        for (; from < to; from++)
        {
            paths[used++] = *from;
        }

        paths[used++] = 0;
    }

    /// <summary>The number that a list has for a user or group: itself a number, or a name of the file.</summary>
    private readonly long Id(byte* file, nint fileLength)
    {
        long number = Decimal(_at, _end);
        byte* end = file + fileLength;
        for (byte* line = file; number < 0 && line < end; line = After(line, end, '\n'))
        {
            byte* field = After(line, end, ':');
            if (field - line == _end - _at + 1 && Text.Equal(line, _at, (nint)(_end - _at)))
            {
                field = After(field, end, ':');
                number = Decimal(field, After(field, end, ':') - 1);
            }
        }

        return number is >= 0 and < 0xFFFFFFFF ? number : -1;
    }

    /// <summary>The caller's home directory is among what is shown without being asked for.</summary>
    private void AddHome(ref Configuration into)
    {
        byte* end = users + usersLength;
        for (byte* line = users; line < end; line = After(line, end, '\n'))
        {
            byte* field = After(After(line, end, ':'), end, ':');
            byte* next = After(field, end, ':');
            if (Decimal(field, next - 1) == caller)
            {
                byte* home = After(After(next, end, ':'), end, ':');
                fixed (byte* paths = into.Binds)
                {
                    Add(ref into, paths, ref into.BindLength, home, After(home, end, ':') - 1);
                }

                return;
            }
        }
    }

    /// <summary>The place after the next such byte, not beyond the line's end but for that itself.</summary>
    private static byte* After(byte* at, byte* end, int what)
    {
        while (at < end && *at != what && *at != '\n')
        {
            at++;
        }

        return at < end && (*at == what) ? at + 1 : at < end && what == '\n' ? at + 1 : at;
    }

    private long Number(ref Configuration into, long most)
    {
        long number = Decimal(_at, _end);
        Require(ref into, number >= 0);
        return number > most ? most : number < 0 ? 0 : number;
    }

    private static long Decimal(byte* from, byte* to)
    {
        long value = 0;
        for (byte* at = from; at < to; at++)
        {
            if (*at is < (byte)'0' or > (byte)'9' || at - from > 17)
            {
                return -1;
            }

            value = (value * 10) + (*at - '0');
        }

        return to > from ? value : -1;
    }

    private void Require(ref Configuration into, bool good)
    {
        if (!good)
        {
            Fail(ref into, BadValue, _at, _end);
        }
    }

    private void Fail(ref Configuration into, uint problem, byte* from, byte* to)
    {
        _failed = true;
        into.Problem = problem;
        fixed (byte* found = into.Found)
        {
            for (int i = 0; i < 200 && from + i < to; i++)
            {
                found[i] = from[i];
            }
        }
    }

    private void Trim()
    {
        while (_at < _end && *_at is (byte)' ' or (byte)'\t' or (byte)'\r')
        {
            _at++;
        }

        while (_end > _at && _end[-1] is (byte)' ' or (byte)'\t' or (byte)'\r')
        {
            _end--;
        }
    }

    private static bool Is(byte* from, byte* to, ReadOnlySpan<byte> wanted) => to - from == wanted.Length && Text.Starts(from, wanted);
}

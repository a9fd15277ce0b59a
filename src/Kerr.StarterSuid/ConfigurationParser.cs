using System;

namespace Kerr.Starter;

/// <summary>
/// Reads `directive = value` lines, as the commands do (Kerr.Runtime.Configuration); only in a process that can do nothing but this. What it
/// does not know ends the launch: a misspelled limit must not be one that is gone.
/// </summary>
internal unsafe struct ConfigurationParser(Slice users, Slice groups)
{
    private const uint UnknownName = 1, NoValue = 2, BadValue = 3, TooMuch = 4, UnknownUser = 5;
    private const int SwitchCount = 16, SessionSize = 16, LoopDevices = 17, Sink = 18, Owners = 19, Groups = 20, Limits = 21, Binds = 22;
    private Slice _found;       // where a problem is

    /// <summary>All directives: first those of Switch, by their bits, then those that have another value here, by their numbers above.</summary>
    private static ReadOnlySpan<byte> Names =>
        "allow setuid\nallow pid ns\nallow ipc ns\nallow uts ns\n"u8
        + "allow container dir\nallow container squashfs\nallow container sif\nallow container extfs\n"u8
        + "user bind control\nmount slave\nallow kernel squashfs\nenable overlay\n"u8
        + "mount hostfs\naudit required\naudit launches\nallow setuid-mount squashfs\n"u8
        + "sessiondir max size\nmax loop devices\naudit sink\nlimit container owners\nlimit container groups\nlimit container paths\nbind path\n"u8

        // Only the commands and the user's half obey these. A test holds the list against theirs.
        + "allow user ns\nroot default capabilities\nconfig passwd\nconfig group\nconfig resolv_conf\nmount proc\nmount sys\nmount dev\nmount devpts\n"u8
        + "mount home\nmount tmp\nenable fusemount\nshare images\nshare ranks\nsite cache\ncache quota\nenable underlay\nmemory fs type\n"u8
        + "image server cache\nshared loop devices\nimage driver\n"u8
        + "allow container encrypted\nallow setuid-mount encrypted\nallow setuid-mount extfs\nallow kernel extfs\nsync writable extfs\ntmp sandbox\n"u8
        + "allow net users\nallow net groups\nallow net networks\nallow netns paths\ncni configuration path\ncni plugin path\nalways use nv\n"u8
        + "use nvidia-container-cli\nalways use rocm\nsystemd cgroups\nallow monitoring\napptheus communication socket path\napptheus socket path\n"u8
        + "binary path\nmksquashfs procs\nmksquashfs mem\ndownload concurrency\ndownload part size\ndownload buffer size\n"u8;

    internal static ReadOnlySpan<byte> Describe(uint problem) => problem switch
    {
        UnknownName => "kerr.conf has a directive that is not known,"u8,
        NoValue => "kerr.conf has a line that is no `directive = value`,"u8,
        BadValue => "kerr.conf has a value that its directive does not take,"u8,
        TooMuch => "kerr.conf has a longer list than the setuid mode can hold,"u8,
        _ => "kerr.conf names a user or group that is not in /etc/passwd or /etc/group (its number would do),"u8,
    };

    internal void Parse(ref Configuration into, Slice text)
    {
        into.Switches = Switch.Setuid | Switch.PidNamespace | Switch.IpcNamespace | Switch.UtsNamespace | Switch.Directory | Switch.SquashFs | Switch.Sif
            | Switch.Ext3 | Switch.UserBind | Switch.MountSlave | Switch.KernelSquashFs | Switch.MountSquashFsLimited | Switch.Overlay | Switch.AuditLaunches;
        into.SessionSize = 64;
        into.LoopDevices = 256;

        // With `user bind control = no` what is shown unasked can still be bound.
        List(ref into, Binds, "/proc,/sys,/dev,/tmp,/var/tmp,/etc/resolv.conf,/run/systemd/resolve"u8);
        into.Problem = into.Binds.Add(Home()) ? 0 : TooMuch;
        for (ulong number = 1; !text.IsEmpty && into.Problem == 0; number++)
        {
            _found = text.Cut('\n').Trimmed();
            into.Problem = _found.IsEmpty || *_found.At == '#' ? 0 : Read(ref into, _found);
            fixed (byte* found = into.Found)
            {
                byte* to = Text.Copy(Text.Numbered(found, " line "u8, number), ": "u8, 2);
                *Text.Copy(to, _found.At, _found.Length < 200 ? _found.Length : 200) = 0;
            }
        }
    }

    private uint Read(ref Configuration into, Slice line)
    {
        Slice value = line;
        Slice name = value.Cut('=');
        if (name.End == line.End)
        {
            return NoValue;
        }

        int directive = 0;
        Slice names = Names;
        while (!names.IsEmpty && !names.Field(0, '\n').Is(name.Trimmed()))
        {
            names.Cut('\n');
            directive++;
        }

        // "bind path =" is how a generated file writes that there is none.
        value = value.Trimmed();
        return names.IsEmpty ? UnknownName : value.IsEmpty ? 0 : Set(ref into, directive, value);
    }

    private uint Set(ref Configuration into, int directive, Slice value)
    {
        long number = value.Number();
        switch (directive)
        {
            case SessionSize:
                into.SessionSize = (uint)(number > 1 << 24 ? 1 << 24 : number);
                return number < 0 ? BadValue : 0;
            case LoopDevices:
                into.LoopDevices = (uint)(number > 1 << 20 ? 1 << 20 : number);
                return number < 0 ? BadValue : 0;
            case Sink:
                fixed (byte* sink = into.Sink)
                {
                    *Text.Copy(sink, value.At, value.Length < Configuration.SinkSize ? value.Length : 0) = 0;
                }

                return value.Length < Configuration.SinkSize ? 0 : BadValue;
            case Owners or Groups or Limits or Binds:
                return List(ref into, directive, value);
            default:
                return directive < SwitchCount ? Turn(ref into, 1u << directive, value) : 0;
        }
    }

    private static uint Turn(ref Configuration into, uint flag, Slice value)
    {
        bool yes = value.Is("yes"u8), no = value.Is("no"u8);
        bool limited = flag == Switch.MountSquashFs && value.Is("iflimited"u8);
        bool other = flag == Switch.Overlay && !no; // all that it can be but "no" lets us try
        into.Switches = (into.Switches & ~flag) | (yes || other ? flag : 0);
        into.Switches = flag != Switch.MountSquashFs ? into.Switches : (into.Switches & ~Switch.MountSquashFsLimited) | (limited ? Switch.MountSquashFsLimited : 0);
        return yes || no || limited || other ? 0 : BadValue;
    }

    /// <summary>The items of a list: separated by commas, blanks around them left out.</summary>
    private uint List(ref Configuration into, int directive, Slice items)
    {
        uint problem = 0;
        while (!items.IsEmpty && problem == 0)
        {
            Slice item = items.Cut(',').Trimmed();
            long id = directive == Owners ? Id(item, users) : directive == Groups ? Id(item, groups) : 0;
            bool fits = item.IsEmpty || id < 0 || directive switch
            {
                Owners => into.Owners.Add((uint)id),
                Groups => into.Groups.Add((uint)id),
                Limits => into.Limits.Add(item),
                _ => into.Binds.Add(item.Cut(':')), // of SOURCE:TARGET the source
            };
            problem = item.IsEmpty ? 0 : id < 0 ? UnknownUser : fits ? 0 : TooMuch;
            _found = problem == 0 ? _found : item;
        }

        return problem;
    }

    /// <summary>The number that a list has for a user or group: itself a number, or a name of the file.</summary>
    private static long Id(Slice name, Slice file)
    {
        long number = name.Number();
        while (number < 0 && !file.IsEmpty)
        {
            Slice line = file.Cut('\n');
            number = line.Field(0, ':').Is(name) ? line.Field(2, ':').Number() : -1;
        }

        return number is >= 0 and < 0xFFFFFFFF ? number : -1;
    }

    /// <summary>The caller's home directory.</summary>
    private readonly Slice Home()
    {
        Slice rest = users;
        while (!rest.IsEmpty)
        {
            Slice line = rest.Cut('\n');
            if (line.Field(2, ':').Number() == Privileges.Uid)
            {
                return line.Field(5, ':');
            }
        }

        return default;
    }
}

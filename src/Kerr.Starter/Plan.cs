using System;
using System.Runtime.CompilerServices;
using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>The plan in memory. Every number in it is checked by <see cref="Open"/>; after that the accessors trust them.</summary>
internal static unsafe class Plan
{
    private const int MaximumDescriptor = 1 << 20;

    internal static byte* Start;
    private static uint s_size;
    private static uint s_data;

    /// <summary>Maps the plan, after making sure that nobody can change it any more, and checks the whole of it.</summary>
    internal static void Open(int descriptor)
    {
        const int Sealed = K.SealWrite | K.SealShrink | K.SealGrow;
        int seals = Sys.Fcntl(descriptor, K.GetSeals);
        if (seals < 0 || (seals & Sealed) != Sealed)
        {
            Report.Fatal("the plan is not a sealed file"u8, seals < 0 ? -seals : 0, "start containers with kerr, not with kerr-starter"u8);
        }

        FileStatus status = default;
        int error = FileStatus.Read(descriptor, &status);
        Check(error == 0 && status.IsRegular, "it cannot be examined"u8);
        Check(status.Size >= PlanFormat.HeaderSize && status.Size <= PlanFormat.MaximumSize, "its size"u8);
        s_size = (uint)status.Size;
        nint mapped = Sys.Call(Nr.Mmap, 0, (nint)s_size, 1, 2, descriptor, 0);
        if (mapped is < 0 and > -4096)
        {
            Report.Fatal("the plan cannot be read"u8, (int)-mapped, "raise the address space limit (ulimit -v)"u8);
        }

        Start = (byte*)mapped;
        CheckHeader();
        for (uint i = 0; i < StepCount; i++)
        {
            CheckStep(StepAt(i), i + 1 == StepCount);
        }
    }

    internal static uint StepCount => U32(Start, Header.StepCount);

    internal static byte* StepAt(uint index) => Start + U32(Start, Header.StepsOffset) + (index * PlanFormat.StepSize);

    internal static StepKind Kind(byte* step) => (StepKind)U16(step, Step.Kind);

    internal static ushort U16(byte* at, int field) => *(ushort*)(at + field);

    internal static uint U32(byte* at, int field) => *(uint*)(at + field);

    internal static ulong U64(byte* at, int field) => *(ulong*)(at + field);

    internal static bool Has(byte* step, ulong flag) => (U64(step, Step.Flags) & flag) != 0;

    /// <summary>What a reference points at, or null.</summary>
    internal static byte* At(uint reference) => reference == 0 ? null : Start + reference;

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static byte* Reference(byte* at, int field) => At(U32(at, field));

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static byte* String(byte* at, int field) => At(U32(at, field));

    /// <summary>Number of items of a vector, numbers or candidates; none has none.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static uint Count(byte* list) => list == null ? 0 : *(uint*)list;

    /// <summary>A string of a vector.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static byte* Item(byte* vector, uint index) => At(*(uint*)(vector + 4 + (4 * index)));

    internal static uint Number(byte* numbers, uint index) => *(uint*)(numbers + 4 + (4 * index));

    internal static byte* CandidateAt(byte* candidates, uint index) => candidates + 4 + (PlanFormat.CandidateSize * index);

    /// <summary>The strings of vectors as execve wants them: pointers, null at the end. Items go in at the given places.</summary>
    internal static byte** Pointers(byte* vector, byte* inserted = null, uint insertedAt = 0)
    {
        uint count = Count(vector);
        byte** pointers = (byte**)Arena.Take(((nint)count + 2) * sizeof(nint));
        uint to = 0;
        for (uint i = 0; i < count; i++)
        {
            if (inserted != null && i == insertedAt)
            {
                pointers[to++] = inserted;
            }

            pointers[to++] = Item(vector, i);
        }

        return pointers;
    }

    /// <summary>The first entry of the step's failures that fits an error, or null.</summary>
    internal static byte* Failure(byte* step, int error)
    {
        byte* failures = Reference(step, Step.Failures);
        for (uint i = 0; i < Count(failures); i++)
        {
            byte* entry = failures + 4 + (12 * i);
            int wanted = *(int*)entry;
            if (wanted == 0 || wanted == error)
            {
                return entry;
            }
        }

        return null;
    }

    private static void CheckHeader()
    {
        Check(U64(Start, Header.Magic) == PlanFormat.Magic, "its magic number"u8);
        if (U32(Start, Header.Version) != PlanFormat.Version)
        {
            Report.Fatal("kerr and kerr-starter are of different versions"u8, 0, "install both from the same release"u8);
        }

        Check(U32(Start, Header.TotalSize) == s_size && Start[s_size - 1] == 0, "its size"u8);
        uint count = StepCount;
        uint steps = U32(Start, Header.StepsOffset);
        s_data = U32(Start, Header.DataOffset);
        Check(count is > 0 and <= PlanFormat.MaximumSteps, "its number of steps"u8);
        Check(steps >= PlanFormat.HeaderSize && steps % 8 == 0 && s_data <= s_size, "its offsets"u8);
        Check(steps <= s_data && (s_data - steps) / PlanFormat.StepSize >= count, "its offsets"u8);
        int level = (int)U32(Start, Header.LogLevel);
        Check(level is >= -4 and <= 5, "its log level"u8);
        Check((U32(Start, Header.Flags) & ~(HeaderFlags.Timings | HeaderFlags.Colour | HeaderFlags.UserNamespace)) == 0, "its flags"u8);
        CheckDescriptors(U32(Start, Header.Descriptors));
        CheckString(U32(Start, Header.Program), true);
        CheckString(U32(Start, Header.Image), true);
        CheckString(U32(Start, Header.Record), true);
        CheckString(U32(Start, Header.Ending), true);
        CheckVector(U32(Start, Header.Phases), true);
        Report.Level = level;
        Report.Flags = U32(Start, Header.Flags);
    }

    private static void CheckStep(byte* step, bool last)
    {
        StepKind kind = Kind(step);
        ulong number = U64(step, Step.Number);
        ulong number2 = U64(step, Step.Number2);
        Check(kind is > StepKind.None and <= StepKind.Share && kind == StepKind.Exec == last, "the order of its steps"u8);
        Check(U16(step, Step.Policy) <= (ushort)FailurePolicy.Quiet, "a failure policy"u8);
        CheckString(U32(step, Step.Text), true);
        CheckFailures(U32(step, Step.Failures));
        uint source = U32(step, Step.Source);
        uint target = U32(step, Step.Target);
        uint data = U32(step, Step.Data);
        uint extra = U32(step, Step.Extra);
        uint more = U32(step, Step.More);
        CheckString(source, kind is not (StepKind.JoinNamespace or StepKind.Symlink or StepKind.Root or StepKind.Passwd or StepKind.Group or StepKind.HostName or StepKind.Share));
        CheckString(target, kind is not (StepKind.Directory or StepKind.File or StepKind.Symlink or StepKind.MountImage or StepKind.MountFuse or StepKind.Mount or StepKind.Passwd or StepKind.Group or StepKind.FuseProgram or StepKind.Share));
        ulong flags = 0;
        switch (kind)
        {
            case StepKind.FuseServer:
                CheckCommand(data, false);
                CheckVector(extra, true);
                CheckDescriptors(more);
                Check(number is > 2 and < MaximumDescriptor && number2 < Images.MaximumServers, "a number"u8);
                flags = FuseServerFlags.Confined;
                break;
            case StepKind.FuseProgram:
                CheckVector(data, false);
                Check(number is > 2 and < MaximumDescriptor && Count(Start + data) > 0, "a program"u8);
                break;
            case StepKind.Share:
                CheckVector(data, true);
                CheckNumbers(extra);
                Check(*(Start + target) == '/' && Count(At(data)) == Count(At(extra)), "a keeper"u8);
                for (uint i = 0; i < Count(At(extra)); i++)
                {
                    Check(Number(At(extra), i) < Images.MaximumServers, "a number"u8);
                }

                flags = ShareFlags.Apart;
                break;
            case StepKind.Unshare:
                CheckCommand(data, true);
                CheckCommand(extra, true);
                Check((data == 0) == (extra == 0) && number <= 1, "an id map"u8);
                flags = Namespaces.All;
                break;
            case StepKind.JoinNamespace:
                flags = Namespaces.All;
                break;
            case StepKind.Fork:
                flags = InitFlags.AppInit | InitFlags.Outside;
                break;
            case StepKind.Session:
                CheckString(data, true);
                flags = SessionFlags.Private | SessionFlags.Ramfs;
                break;
            case StepKind.File:
                CheckBlob(data, 1);
                break;
            case StepKind.MountImage:
                CheckString(data, false);
                CheckString(extra, true);
                Check(number < MaximumDescriptor, "a descriptor"u8);
                flags = Mounts.Attributes;
                break;
            case StepKind.MountFuse:
                CheckString(data, true);
                Check(number is > 2 and < MaximumDescriptor && (number2 < Images.MaximumServers || number2 == ulong.MaxValue), "a number"u8);
                flags = Mounts.AllFlags;
                break;
            case StepKind.Root:
                CheckVector(data, true);
                CheckString(extra, true);
                CheckString(more, true);
                Check((extra == 0) == (more == 0), "an upper directory"u8);
                Check(number2 < Images.MaximumServers, "a number"u8);
                flags = (RootFlags.FuseOverlay * 2) - 1;
                break;
            case StepKind.Mount:
                CheckString(data, true);
                flags = Mounts.AllFlags;
                CheckMount(step);
                break;
            case StepKind.Passwd:
                CheckString(data, false);
                CheckString(extra, true);
                flags = 1;
                break;
            case StepKind.Group:
                CheckVector(data, false);
                break;
            case StepKind.WorkingDirectory:
                CheckVector(data, false);
                flags = 1;
                break;
            case StepKind.Privileges:
                CheckNumbers(data);
                flags = PrivilegeFlags.NoNewPrivileges | PrivilegeFlags.DropCapabilities | PrivilegeFlags.SetIds;
                break;
            case StepKind.Seccomp:
                CheckBlob(data, 8);
                break;
            case StepKind.Exec:
                CheckCandidates(data);
                CheckVector(extra, true);
                CheckVector(more, true);
                flags = ExecFlags.ScriptRequired | ExecFlags.ScriptIfPresent;
                break;
            default:
                break;
        }

        Check((U64(step, Step.Flags) & ~flags) == 0, "a step's flags"u8);
    }

    private static void CheckMount(byte* step)
    {
        ulong from = U64(step, Step.Flags)
            & (MountFlags.SourceOnHost | MountFlags.SourceInSession | MountFlags.SourceIsDescriptor | MountFlags.NewFileSystem | MountFlags.SourceInRoot);
        Check(from != 0 && (from & (from - 1)) == 0, "a mount's source"u8);
        Check(from == MountFlags.SourceIsDescriptor ? U64(step, Step.Number) < MaximumDescriptor : U32(step, Step.Source) != 0, "a mount's source"u8);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CheckString(uint reference, bool optional)
    {
        // The last byte of the file is NUL, so a string that begins in the file ends in it.
        Check(reference == 0 ? optional : reference >= s_data && reference < s_size, "a string"u8);
    }

    /// <summary>A list: its count, then so many items of so many bytes, all inside the file.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint CheckList(uint reference, uint itemSize, bool optional)
    {
        if (reference == 0)
        {
            Check(optional, "a list"u8);
            return 0;
        }

        Check(reference >= s_data && reference % 4 == 0 && s_size - reference >= 4 && reference < s_size, "a list"u8);
        uint count = *(uint*)(Start + reference);
        Check(count <= (s_size - reference - 4) / itemSize, "the length of a list"u8);
        return count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CheckVector(uint reference, bool optional)
    {
        uint count = CheckList(reference, 4, optional);
        for (uint i = 0; i < count; i++)
        {
            CheckString(Number(Start + reference, i), false);
        }
    }

    /// <summary>A command line: at least the program, by its absolute path.</summary>
    private static void CheckCommand(uint reference, bool optional)
    {
        CheckVector(reference, optional);
        Check(reference == 0 || (Count(Start + reference) > 0 && *Item(Start + reference, 0) == '/'), "a command line"u8);
    }

    private static void CheckNumbers(uint reference) => CheckList(reference, 4, true);

    private static void CheckDescriptors(uint reference)
    {
        uint count = CheckList(reference, 4, true);
        for (uint i = 0; i < count; i++)
        {
            Check(Number(Start + reference, i) < MaximumDescriptor, "a descriptor"u8);
        }
    }

    private static void CheckBlob(uint reference, uint unit)
    {
        uint length = CheckList(reference, 1, false);
        Check(length % unit == 0, "the length of a blob"u8);
    }

    private static void CheckFailures(uint reference)
    {
        uint count = CheckList(reference, 12, true);
        for (uint i = 0; i < count; i++)
        {
            byte* entry = Start + reference + 4 + (12 * i);
            CheckString(U32(entry, 4), false);
            CheckString(U32(entry, 8), true);
        }
    }

    private static void CheckCandidates(uint reference)
    {
        uint count = CheckList(reference, PlanFormat.CandidateSize, false);
        Check(count > 0, "the commands"u8);
        for (uint i = 0; i < count; i++)
        {
            byte* candidate = CandidateAt(Start + reference, i);
            CheckString(U32(candidate, Candidate.Path), false);
            CheckVector(U32(candidate, Candidate.Arguments), false);
            CheckString(U32(candidate, Candidate.Message), true);
            CheckVector(U32(candidate, Candidate.Environment), true);
            Check((U32(candidate, Candidate.Flags) & ~(CandidateFlags.IfExecutable | CandidateFlags.SearchPath)) == 0, "a command's flags"u8);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Check(bool good, ReadOnlySpan<byte> what)
    {
        if (!good)
        {
            Line.Begin("FATAL:"u8, Report.Red);
            Line.Add("the plan of this launch is damaged: "u8);
            Line.Add(what);
            Report.Finish(0, (byte*)"this is an error in kerr; please report it"u8.Start);
            Sys.Exit(255);
        }
    }
}

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Runtime.Audit;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch.Planning;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Runtime.Launch;

/// <summary>Takes a request from the image's name to the starter.</summary>
public sealed class Launcher(SiteConfiguration configuration, Installation installation, long startedAt)
{
    private const int VerboseLevel = 2;

    private readonly List<(string Name, long Ticks)> phases = [];
    private long phaseBegan;
    private RecordSink? sink;
    private LaunchRecord.Launch? recorded;
    private string? startRecord;

    /// <summary>Where the image was fetched from, for the record; null for a file.</summary>
    public string? FetchedFrom { get; init; }

    /// <summary>Notes how long the phase took that ends here, for `--timings`.</summary>
    public void EndPhase(string name)
    {
        long began = phaseBegan == 0 ? startedAt : phaseBegan;
        long now = Stopwatch.GetTimestamp();
        phases.Add((name, now - began));
        phaseBegan = now;
    }

    /// <summary>Decides about the launch without changing anything, but that an image which has to be unpacked is.</summary>
    /// <param name="tell">Prints a line at a level of the console; null for a plan that is only to be looked at, for which nothing is unpacked.</param>
    /// <exception cref="UserException">The image cannot be used, or the request cannot be met.</exception>
    public LaunchPlan Prepare(LaunchRequest request, IHostFacts host, Action<int, string>? tell)
    {
        using ImageFacts image = Look(request.Image, host);
        EndPhase("image facts");
        if (Origin.Blaming(request.Why("unsquash"), () => TemporarySandbox.Reason(request, configuration, image.File, image.Path, host, installation)) is { } why)
        {
            if (tell is null)
            {
                LaunchPlan mounted = PlanFor(request, image, host, record: false);
                return mounted with { Skipped = [.. mounted.Skipped, new SkippedStep("temporary sandbox", $"{why}; but nothing is unpacked for a plan, so this is the image's own")] };
            }

            _ = Recorded(request, host, record: true, () =>
            {
                // What is unpacked is a copy of the user's: the site's limits are held against the image that was named.
                ImagePolicy.Require(configuration, host, image.File);
                return image;
            });
            string search = PlanContext.SearchPathOf(host, configuration, installation);
            string directory = TemporarySandbox.Unpack(request, image.File, host, search, installation, why, tell);
            EndPhase("temporary sandbox");
            using ImageFacts unpacked = Look(directory, host) with { Unpacked = true };
            return PlanFor(request, unpacked, host, record: true);
        }

        return PlanFor(request, image, host, record: tell is not null);
    }

    private LaunchPlan PlanFor(LaunchRequest request, ImageFacts image, IHostFacts host, bool record)
    {
        LaunchPlan plan = Recorded(request, host, record, () => Planner.Plan(request, configuration, image, host, installation));
        EndPhase("plan");
        if (record && (OpenSink(host) || (configuration.AuditLaunches && SentByStarter(plan))))
        {
            recorded ??= LaunchRecord.Launch.Now(host);
            startRecord = LaunchRecord.Start(recorded, plan, ImageIdentity.Of(image.File, image.Path), FetchedFrom, configuration.Digest?.Value);
            EndPhase("record");
        }

        return plan;
    }

    /// <summary>The sink for the starter; null where there is no descriptor left for it: a record is not worth a launch.</summary>
    private static int? TryHandOver(RecordSink sink)
    {
        try
        {
            return CurrentProcess.CopyForExec(sink.Descriptor);
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    /// <summary>Decides something; what the site denies is recorded.</summary>
    private T Recorded<T>(LaunchRequest request, IHostFacts host, bool record, Func<T> decide)
    {
        try
        {
            return decide();
        }
        catch (UserException refused) when (record && refused.DeniedBy is { } directive && OpenSink(host))
        {
            sink?.Send(LaunchRecord.Denial(recorded!, request, directive, configuration.Digest?.Value));
            throw;
        }
    }

    /// <summary>A starter that is root sends the record itself, and opens the sink that only root may reach.</summary>
    private static bool SentByStarter(LaunchPlan plan) => plan.Mode == LaunchMode.Setuid;

    /// <summary>Whether somebody keeps records; without, nothing is gathered for one.</summary>
    private bool OpenSink(IHostFacts host)
    {
        sink ??= configuration.AuditLaunches ? RecordSink.Open(configuration.AuditSink) : null;
        recorded ??= sink is null ? null : LaunchRecord.Launch.Now(host);
        return sink is not null;
    }

    /// <summary>Becomes the starter, and with it the payload. Returns only by throwing.</summary>
    /// <param name="beforeExec">The last act of this program: gives back what its runtime changed in the process.</param>
    /// <param name="tell">Prints a line at a level of the console.</param>
    public UserException Start(LaunchPlan plan, Action beforeExec, Action<int, string>? tell = null)
    {
        foreach (HostDirectory directory in plan.HostDirectories)
        {
            Make(directory);
        }

        var numbers = new Dictionary<Descriptor, int>();
        foreach (Descriptor descriptor in plan.Descriptors)
        {
            numbers[descriptor] = Open(descriptor);
        }

        var records = new PlanEncoder.Records(SentByStarter(plan) ? startRecord : null, null, 0);
        if (sink is not null && recorded is not null && TryHandOver(sink) is { } handed)
        {
            records = records with { Ending = sink.Framed(LaunchRecord.Ending(recorded)), Sink = handed };
        }

        ulong now = Nanoseconds(Stopwatch.GetTimestamp());
        byte[] bytes = PlanEncoder.Encode(plan, numbers, new PlanEncoder.Timing(Nanoseconds(startedAt), now, plan.Request.Timings ? Phases() : []), records);
        int fd = Seal(bytes);
        string number = fd.ToString(CultureInfo.InvariantCulture);
        bool setuid = plan.Mode == LaunchMode.Setuid;
        string starter = setuid ? installation.SetuidStarter : installation.LibexecDir + "/kerr-starter";
        if (startRecord is not null && !SentByStarter(plan) && !sink!.Send(startRecord))
        {
            tell?.Invoke(VerboseLevel, $"the launch is not recorded: {configuration.AuditSink} does not take more just now");
        }

        beforeExec();
        LinuxException error = CurrentProcess.Exec(
            starter, !setuid ? ["kerr-starter", number] : SetuidMode.HasServers(plan) ? ["starter-suid", number, "serve"] : ["starter-suid", number], []);
        if (recorded is not null)
        {
            sink?.Send(LaunchRecord.Failed(recorded));
        }

        return new UserException(
            $"cannot execute {starter}: {error.Errno.Text()}", "the installation is not complete: make build, or install it again", error);
    }

    /// <summary>Runs the payload as a child that has our standard input, output and error, and waits for its end.</summary>
    /// <param name="cancel">Kills it.</param>
    public ChildResult Run(LaunchPlan plan, System.Threading.CancellationToken cancel)
    {
        var opened = new List<int>();
        try
        {
            var numbers = new Dictionary<Descriptor, int>();
            foreach (Descriptor descriptor in plan.Descriptors)
            {
                opened.Add(numbers[descriptor] = Open(descriptor));
            }

            ulong now = Nanoseconds(Stopwatch.GetTimestamp());
            int fd = Seal(PlanEncoder.Encode(plan, numbers, new PlanEncoder.Timing(Nanoseconds(startedAt), now, [])));
            opened.Add(fd);
            string starter = installation.LibexecDir + "/kerr-starter";
            return ChildProcess.RunAttached(starter, ["kerr-starter", fd.ToString(CultureInfo.InvariantCulture)], [], cancel);
        }
        finally
        {
            foreach (int fd in opened)
            {
                CurrentProcess.Close(fd);
            }

            foreach (Descriptor descriptor in plan.Descriptors)
            {
                descriptor.Seen?.Dispose();
            }
        }
    }

    private static ImageFacts Look(string name, IHostFacts host)
    {
        if (name.Length == 0)
        {
            throw new UserException("image name is empty", "name a file or a directory: kerr exec image.sif COMMAND");
        }

        string path = FileSystem.Absolute(name, host.WorkingDirectory ?? "/");
        if (IsUri(name) && host.Stat(path) is null)
        {
            throw new UserException(
                $"cannot run {name}: this version runs images that are files or directories", "name the path of one: kerr exec image.sif COMMAND");
        }

        ImageFile file = ImageFile.Open(path);
        return new ImageFacts(
            file, path, ImageTree.Open(file), FileSystem.TypeOf(path), FileSystem.IsAccessible(path, 2));
    }

    /// <summary>Whether it begins as <c>docker://</c> does; paths may have colons and double slashes, too.</summary>
    private static bool IsUri(string name)
        => name.IndexOf("://", StringComparison.Ordinal) is > 0 and var colon && !name.AsSpan(0, colon).Contains('/');

    private static void Make(HostDirectory directory)
    {
        for (int slash = directory.Path.IndexOf('/', 1); slash > 0; slash = directory.Path.IndexOf('/', slash + 1))
        {
            string parent = directory.Path[..slash];
            if (FileSystem.TryStat(parent) is null)
            {
                MakeOne(parent, 0x1FF, exactly: false, directory.Why);
            }
        }

        MakeOne(directory.Path, directory.Mode, exactly: true, directory.Why);
    }

    private static void MakeOne(string path, uint mode, bool exactly, string why)
    {
        try
        {
            FileSystem.MakeDirectory(path, mode, exactly);
        }
        catch (LinuxException error)
        {
            throw new UserException($"cannot make the directory {path}: {error.Errno.Text()}", $"check {why}", error);
        }
    }

    private static int Seal(byte[] plan)
    {
        try
        {
            return MemoryFile.CreateSealed("kerr-plan", plan);
        }
        catch (LinuxException error)
        {
            throw new UserException(
                $"cannot hand the plan of the launch ({plan.Length} bytes) to the starter: {error.Errno.Text()}",
                error.Errno switch
                {
                    Errno.EFBIG => "raise the limit on file sizes: ulimit -f unlimited",
                    Errno.EMFILE or Errno.ENFILE => "raise the limit on open files: ulimit -n 1024",
                    _ => "free some memory, or raise the limits of the job",
                },
                error);
        }
    }

    /// <summary>What the planner looked into is handed over as it is; to write or to lock it, it is opened by its path once more, and has to be the same.</summary>
    private static int Open(Descriptor descriptor)
    {
        if (descriptor is { Seen: { } seen, Write: false, Locked: null })
        {
            return HandOver(descriptor, seen);
        }

        if (!FileCalls.TryOpen(descriptor.Path, descriptor.Write ? OpenFlags.O_RDWR : OpenFlags.O_RDONLY, out SafeFileHandle file, out Errno errno))
        {
            throw CannotOpen(descriptor, errno);
        }

        using (file)
        {
            if (descriptor.Seen is { } looked && FileCalls.Status(looked).Identity != FileCalls.Status(file).Identity)
            {
                throw new UserException($"{descriptor.Path} ({descriptor.Why}) was replaced while the container started", "start it again");
            }

            if (descriptor.Locked is { } range)
            {
                PartitionLock.Take(file, descriptor, range);
            }

            return HandOver(descriptor, file);
        }
    }

    private static int HandOver(Descriptor descriptor, SafeFileHandle file)
    {
        try
        {
            return CurrentProcess.CopyForExec((int)file.DangerousGetHandle());
        }
        catch (LinuxException error)
        {
            throw CannotOpen(descriptor, error.Errno);
        }
    }

    private static UserException CannotOpen(Descriptor descriptor, Errno errno)
        => new($"cannot open {descriptor.Path} ({descriptor.Why}): {errno.Text()}", errno == Errno.EMFILE ? "raise the limit on open files: ulimit -n" : "check its permissions");

    private List<string> Phases()
    {
        var texts = new List<string>(phases.Count);
        foreach ((string name, long ticks) in phases)
        {
            texts.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={Nanoseconds(ticks)}"));
        }

        return texts;
    }

    private static ulong Nanoseconds(long timestamp) => (ulong)timestamp * (ulong)(1_000_000_000L / Stopwatch.Frequency);
}

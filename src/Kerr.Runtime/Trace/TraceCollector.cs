using System;
using System.Diagnostics;
using System.Globalization;
using System.Threading;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;

namespace Kerr.Runtime.Trace;

/// <summary>Takes records from one source and puts them into a store, some together, so that the disk keeps up.</summary>
public sealed class TraceCollector(TraceStore store, CancellationToken ended)
{
    private const int Together = 500, PauseMilliseconds = 200, LongestDatagram = 256 << 10, SocketBuffer = 16 << 20;

    private readonly Stopwatch _since = new();
    private int _waiting;

    /// <summary>How many records were taken.</summary>
    public long Taken { get; private set; }

    /// <summary>Takes what journalctl prints.</summary>
    /// <param name="follow">Goes on until it is ended.</param>
    public void ReadJournal(string journalctl, bool follow)
    {
        using OutputProcess process = OutputProcess.Start(journalctl, JournalEntry.Command(store.Cursor, follow), ["LC_ALL=C", "PATH=/usr/bin:/bin"]);
        string? cursor = null;
        while (!ended.IsCancellationRequested)
        {
            string? line = process.ReadLine(PauseMilliseconds, out bool over);
            if (line is not null && JournalEntry.Parse(line) is { } entry)
            {
                cursor = entry.Cursor ?? cursor;
                Add(entry.Message, entry.Evidence);
            }

            CommitWhen(line is null, cursor);
            if (over)
            {
                store.Commit(cursor);
                int code = process.Wait();
                if (code != 0)
                {
                    throw new UserException($"journalctl ended with {code}", "see what it says: journalctl -t kerr-audit");
                }

                return;
            }
        }

        store.Commit(cursor);
    }

    /// <summary>Takes the lines of a file that a syslog daemon writes. Whether another file has its name since, the inode tells.</summary>
    /// <param name="follow">Goes on until it is ended.</param>
    public void ReadFile(string path, bool follow)
    {
        while (true)
        {
            if (FileSystem.TryStat(path) is not { } status)
            {
                if (!follow)
                {
                    throw new UserException($"cannot read {path}: there is no such file", "name the file that syslog writes authpriv to");
                }
            }
            else
            {
                string file = string.Create(CultureInfo.InvariantCulture, $"{status.DeviceMajor}:{status.DeviceMinor}:{status.Inode}");
                string[] known = (store.Cursor ?? "").Split(' ');
                long offset = known is [var same, var at] && same == file && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out long before) && before <= status.Size ? before : 0;
                using var reader = new LineReader(path, offset);
                while (!ended.IsCancellationRequested && reader.Next(out ReadOnlySpan<byte> line))
                {
                    if (SocketEntry.RecordIn(System.Text.Encoding.Latin1.GetString(line)) is { } record)
                    {
                        Add(record, new Evidence("file", Moment.Now));
                    }

                    CommitWhen(false, $"{file} {reader.Position}");
                }

                store.Commit($"{file} {reader.Position}");
                _waiting = 0;
            }

            if (!follow || ended.WaitHandle.WaitOne(PauseMilliseconds))
            {
                return;
            }
        }
    }

    /// <summary>Takes what comes to a socket of our own, until it is ended. The kernel tells who sent it.</summary>
    public void Listen(string path, uint mode)
    {
        string directory = path[..Math.Max(path.LastIndexOf('/'), 0)];
        if (directory.Length > 0)
        {
            FileSystem.MakeDirectory(directory, 0x1ED);
        }

        try
        {
            using DatagramSocket socket = DatagramSocket.Listen(path, mode, SocketBuffer);
            var buffer = new byte[LongestDatagram];
            while (!ended.IsCancellationRequested)
            {
                int length = socket.Receive(buffer, PauseMilliseconds, out DatagramSender sender);
                if (length > 0 && SocketEntry.RecordIn(buffer.AsSpan(0, length)) is { } record)
                {
                    Add(record, SocketEntry.Of(sender));
                }

                CommitWhen(length < 0, null);
            }
        }
        catch (LinuxException error) when (error.Call is "bind" or "socket")
        {
            throw new UserException($"cannot listen at {path}: {error.Errno.Text()}", "name another place, or run it as root", error);
        }
        finally
        {
            store.Commit();
            FileCalls.Unlink(path);
        }
    }

    private void Add(string record, Evidence evidence)
    {
        store.Add(record, evidence);
        Taken++;
        if (_waiting++ == 0)
        {
            _since.Restart();
        }
    }

    private void CommitWhen(bool idle, string? cursor)
    {
        if (_waiting > 0 && (idle || _waiting >= Together || _since.ElapsedMilliseconds >= PauseMilliseconds))
        {
            store.Commit(cursor);
            _waiting = 0;
        }
    }
}

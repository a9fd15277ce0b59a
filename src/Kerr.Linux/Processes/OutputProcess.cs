using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Processes;

/// <summary>Another program whose standard output is read line by line while it runs. Disposed of before its end, it is killed.</summary>
public sealed unsafe partial class OutputProcess : IDisposable
{
    private const int LongestLine = 4 << 20;
    private readonly SafeFileHandle _output;
    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;
    private int _pid;

    private OutputProcess(int pid, SafeFileHandle output)
    {
        _pid = pid;
        _output = output;
    }

    /// <param name="arguments">Without the program's own name.</param>
    public static OutputProcess Start(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        const int O_CLOEXEC = 0x8_0000;
        ChildProcess.HearOfChildren();
        int* ends = stackalloc int[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
        {
            throw LinuxException.Last("pipe2");
        }

        var reading = new SafeFileHandle(ends[0], ownsHandle: true);
        using var writing = new SafeFileHandle(ends[1], ownsHandle: true);
        try
        {
            return new OutputProcess(ChildProcess.Spawn(path, [path, .. arguments], environment, null, ends[1]), reading);
        }
        catch
        {
            reading.Dispose();
            throw;
        }
    }

    /// <summary>The next line without its newline, Latin-1; null at the end, or when none came within so many milliseconds.</summary>
    /// <param name="ended">Whether there will be no more.</param>
    public string? ReadLine(int milliseconds, out bool ended)
    {
        ended = false;
        while (true)
        {
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                string line = Encoding.Latin1.GetString(_buffer, _start, length);
                _start += length + 1;
                return line;
            }

            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            if (_end == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length < LongestLine ? _buffer.Length * 2 : throw new InvalidDataException($"a line is longer than {LongestLine} bytes"));
            }

            const short POLLIN = 1;
            var asked = new PollDescriptor { Descriptor = FileCalls.Number(_output), Events = POLLIN };
            if (poll(&asked, 1, milliseconds) <= 0)
            {
                return null;
            }

            int count = DescriptorIo.Read(FileCalls.Number(_output), _buffer.AsSpan(_end));
            if (count <= 0)
            {
                ended = true;
                return null;
            }

            _end += count;
        }
    }

    /// <summary>Waits for its end and answers the exit code, 128 and the number for a signal.</summary>
    public int Wait()
    {
        int status = 0;
        while (_pid > 0 && ChildProcess.waitpid(_pid, &status, 0) < 0 && FileCalls.LastErrno() == Errno.EINTR)
        {
        }

        _pid = 0;
        return (status & 0x7F) == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F);
    }

    public void Dispose()
    {
        if (_pid > 0)
        {
            _ = ChildProcess.kill(_pid, ChildProcess.SIGKILL);
            Wait();
        }

        _output.Dispose();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    // struct pollfd
    private struct PollDescriptor
    {
        internal int Descriptor;
        internal short Events;
        internal short Answered;
    }
}

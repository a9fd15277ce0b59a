using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Processes;

/// <summary>Another program whose standard output is read line by line while it runs. Disposed of before its end, it is killed.</summary>
public sealed class OutputProcess : IDisposable
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
        ChildProcess.HearOfChildren();
        var pipe = Pipe.Create();
        using SafeFileHandle writing = pipe.Writing;
        try
        {
            return new OutputProcess(ChildProcess.Spawn(path, [path, .. arguments], environment, null, FileCalls.Number(writing)), pipe.Reading);
        }
        catch
        {
            pipe.Reading.Dispose();
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

            if (Poll.Await(FileCalls.Number(_output), PollEvent.POLLIN, milliseconds) <= 0)
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
        WaitStatus status = default;
        _ = _pid > 0 && WaitStatus.TryAwait(_pid, out status);
        _pid = 0;
        return status.ExitCode;
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
}

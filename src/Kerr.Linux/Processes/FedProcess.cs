using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Processes;

/// <summary>Another program that is fed through its standard input. Disposed of before its end, it is killed.</summary>
public sealed unsafe partial class FedProcess : IDisposable
{
    private const int PipeSize = 1 << 20;
    private readonly SafeFileHandle _output;
    private readonly string _path;
    private SafeFileHandle? _input;
    private int _pid;

    private FedProcess(string path, int pid, SafeFileHandle input, SafeFileHandle output)
    {
        _path = path;
        _pid = pid;
        _input = input;
        _output = output;
        Input = new InputStream(input);
    }

    /// <summary>What is written here the program reads; <see cref="LinuxException"/> with EPIPE when it reads no more.</summary>
    public Stream Input { get; }

    /// <summary>Starts a program. Its output is kept for the result; it finds <paramref name="handed"/> as <see cref="ChildProcess.HandedFd"/>.</summary>
    /// <param name="arguments">Without the program's own name.</param>
    public static FedProcess Start(
        string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, SafeFileHandle? handed = null)
    {
        const int O_CLOEXEC = 0x8_0000;
        const int F_SETPIPE_SZ = 1031;
        ChildProcess.HearOfChildren();
        int* ends = stackalloc int[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
        {
            throw LinuxException.Last("pipe2");
        }

        using var reading = new SafeFileHandle(ends[0], ownsHandle: true);
        var writing = new SafeFileHandle(ends[1], ownsHandle: true);

        // Fewer changes between the two; where the user's share of pipe memory is used up, it stays as it is.
        _ = fcntl(ends[1], F_SETPIPE_SZ, PipeSize);
        var output = new SafeFileHandle(MemoryFile.Create("output"), ownsHandle: true);
        try
        {
            int pid = ChildProcess.Spawn(path, [path, .. arguments], environment, handed, FileCalls.Number(output), input: ends[0]);
            return new FedProcess(path, pid, writing, output);
        }
        catch
        {
            writing.Dispose();
            output.Dispose();
            throw;
        }
    }

    /// <summary>Closes its input and waits for its end.</summary>
    public ChildResult Finish()
    {
        CloseInput();
        int status = Wait();
        int signal = status & 0x7F;
        var text = new byte[Math.Min(FileCalls.Status(_output).Size, ChildProcess.OutputLimit)];
        _ = FileCalls.Read(_output, 0, text);
        return new ChildResult(signal == 0 ? (status >> 8) & 0xFF : 128 + signal, signal, Encoding.Latin1.GetString(text));
    }

    /// <summary>Ends it now; <see cref="Finish"/> then tells the signal. May be called from any thread, while it is not finished.</summary>
    public void Kill()
    {
        if (_pid > 0)
        {
            _ = ChildProcess.kill(_pid, ChildProcess.SIGKILL);
        }
    }

    public void Dispose()
    {
        if (_pid > 0)
        {
            _ = ChildProcess.kill(_pid, ChildProcess.SIGKILL);
            CloseInput();
            _ = Wait();
        }

        _output.Dispose();
    }

    private int Wait()
    {
        int status;
        while (ChildProcess.waitpid(_pid, &status, 0) < 0)
        {
            if (FileCalls.LastErrno() != Errno.EINTR)
            {
                throw LinuxException.Last("waitpid", _path);
            }
        }

        _pid = 0;
        return status;
    }

    private void CloseInput()
    {
        _input?.Dispose();
        _input = null;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);

    private sealed class InputStream(SafeFileHandle pipe) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer) => StandardStream.WriteAll(FileCalls.Number(pipe), buffer, "the pipe to a program");

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

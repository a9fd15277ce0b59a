using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Processes;

/// <summary>Another program that is fed through its standard input. Disposed of before its end, it is killed.</summary>
public sealed class FedProcess : IDisposable
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
        ChildProcess.HearOfChildren();
        var pipe = Pipe.Create();
        using SafeFileHandle reading = pipe.Reading;
        pipe.Enlarge(PipeSize);     // fewer changes between the two
        var output = new SafeFileHandle(MemoryFile.Create("output"), ownsHandle: true);
        try
        {
            int pid = ChildProcess.Spawn(path, [path, .. arguments], environment, handed, FileCalls.Number(output), input: FileCalls.Number(reading));
            return new FedProcess(path, pid, pipe.Writing, output);
        }
        catch
        {
            pipe.Writing.Dispose();
            output.Dispose();
            throw;
        }
    }

    /// <summary>Closes its input and waits for its end.</summary>
    public ChildResult Finish()
    {
        CloseInput();
        WaitStatus status = Wait();
        var text = new byte[Math.Min(FileCalls.Status(_output).Size, ChildProcess.OutputLimit)];
        _ = FileCalls.Read(_output, 0, text);
        return new ChildResult(status.ExitCode, status.Signal, Encoding.Latin1.GetString(text));
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

    private WaitStatus Wait()
    {
        var status = WaitStatus.Await(_pid, _path);
        _pid = 0;
        return status;
    }

    private void CloseInput()
    {
        _input?.Dispose();
        _input = null;
    }

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

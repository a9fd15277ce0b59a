using System;
using System.IO;
using System.Runtime.InteropServices;
using Kerr.Linux;

namespace Kerr.Registry.Layers;

/// <summary>Decompresses Zstandard frames, RFC 8878, one after the other.</summary>
/// <remarks>The library keeps a frame's window, which it refuses above 128 MiB.</remarks>
internal sealed unsafe partial class ZstdStream : ReadOnlyStream
{
    private const string Library = "libzstd.so.1";
    private readonly Stream _source;
    private readonly byte[] _input = new byte[1 << 17];
    private nint _context;
    private int _at;
    private int _end;
    private bool _inFrame;

    internal ZstdStream(Stream source)
    {
        _source = source;
        try
        {
            _context = ZSTD_createDCtx();
        }
        catch (DllNotFoundException missing)
        {
            throw new UserException($"a layer is compressed with zstd, and this host has no {Library}", "apt-get install libzstd1", missing);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_context == 0, this);
        while (!buffer.IsEmpty)
        {
            if (_at == _end)
            {
                _at = 0;
                _end = _source.Read(_input);
                if (_end == 0)
                {
                    return _inFrame ? throw new InvalidDataException("zstd data end early") : 0;
                }
            }

            int made = Decode(buffer);
            if (made > 0)
            {
                return made;
            }
        }

        return 0;
    }

    private int Decode(Span<byte> buffer)
    {
        fixed (byte* input = _input)
        fixed (byte* output = buffer)
        {
            var from = new Buffer { Start = input, Size = (nuint)_end, Position = (nuint)_at };
            var to = new Buffer { Start = output, Size = (nuint)buffer.Length };
            nuint left = ZSTD_decompressStream(_context, &to, &from);
            if (ZSTD_isError(left) != 0)
            {
                throw new InvalidDataException("zstd data are damaged");
            }

            _inFrame = left != 0;
            _at = (int)from.Position;
            return (int)to.Position;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (_context != 0)
        {
            _ = ZSTD_freeDCtx(_context);
            _context = 0;
        }

        if (disposing)
        {
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    // ZSTD_inBuffer and ZSTD_outBuffer have the same fields.
    private struct Buffer
    {
        internal byte* Start;
        internal nuint Size;
        internal nuint Position;
    }

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ZSTD_createDCtx();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint ZSTD_freeDCtx(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint ZSTD_decompressStream(nint context, Buffer* output, Buffer* input);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint ZSTD_isError(nuint code);
}

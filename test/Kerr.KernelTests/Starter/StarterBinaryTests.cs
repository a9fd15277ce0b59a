using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using Xunit;

namespace Kerr.KernelTests.Starter;

/// <summary>What the starter is as a file: it must start without any library, and be small.</summary>
public sealed class StarterBinaryTests
{
    private const int Load = 1, Dynamic = 2, Interpreter = 3, Stack = 0x6474E551;
    private const int Executable = 1, Writable = 2;

    [Fact]
    public void Is_at_most_64_KiB() => Assert.InRange(Bytes().Length, 4096, 65536);

    [Fact]
    public void Needs_no_interpreter_and_no_library()
    {
        // Without PT_DYNAMIC there is no DT_NEEDED, DT_RPATH or DT_RUNPATH either.
        Assert.All(Segments(), segment => Assert.DoesNotContain(segment.Type, (int[])[Dynamic, Interpreter]));
    }

    [Fact]
    public void Has_no_memory_that_is_writable_and_executable()
    {
        List<(int Type, int Flags)> segments = Segments();

        Assert.Contains(segments, segment => segment.Type == Stack);
        Assert.Contains(segments, segment => segment.Type == Load && (segment.Flags & Executable) != 0);
        Assert.All(segments, segment => Assert.NotEqual(Executable | Writable, segment.Flags & (Executable | Writable)));
    }

    [Fact]
    public void Names_no_path_of_the_machine_that_built_it()
    {
        string text = System.Text.Encoding.Latin1.GetString(Bytes());

        Assert.DoesNotContain(StarterHost.Repository, text, StringComparison.Ordinal);
        Assert.DoesNotContain(".nuget", text, StringComparison.Ordinal);
    }

    private static byte[] Bytes()
    {
        if (!File.Exists(StarterHost.Built))
        {
            Kerr.Tests.Need.Missing("src/Kerr.Starter/bin/Release/kerr-starter (dotnet build src/Kerr.Starter -c Release)");
        }

        return File.ReadAllBytes(StarterHost.Built);
    }

    private static List<(int Type, int Flags)> Segments()
    {
        ReadOnlySpan<byte> file = Bytes();
        Assert.True(file.StartsWith("\u007fELF"u8));
        int table = (int)BinaryPrimitives.ReadInt64LittleEndian(file[32..]);
        int size = BinaryPrimitives.ReadInt16LittleEndian(file[54..]);
        int count = BinaryPrimitives.ReadInt16LittleEndian(file[56..]);
        var segments = new List<(int, int)>();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = file[(table + (i * size))..];
            segments.Add((BinaryPrimitives.ReadInt32LittleEndian(entry), BinaryPrimitives.ReadInt32LittleEndian(entry[4..])));
        }

        return segments;
    }
}

using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Kerr.Image;
using Kerr.Image.Elf;
using Xunit;

namespace Kerr.Tests.Image.Elf;

public class ElfFileTests
{
    [Theory]
    [InlineData(true, true, 62, "amd64")]
    [InlineData(true, false, 22, "s390x")]
    [InlineData(false, true, 3, "386")]
    [InlineData(false, false, 8, "mips")]
    public void Reads_the_dynamic_section_in_every_width_and_byte_order(bool is64, bool isLittle, ushort machine, string architecture)
    {
        ElfFile file = Read(Sample(is64, isLittle, machine))!;

        Assert.Equal(architecture, file.Architecture);
        Assert.True(file.IsDynamic);
        Assert.Equal("libsample.so.3", file.SoName);
        Assert.Equal(["libc.so.6", "libm.so.6", "libplain.so.1"], file.Needed);
        Assert.Equal("$ORIGIN/../lib", file.RunPath);
        Assert.Equal(
            [new("libc.so.6", "GLIBC_2.34", false), new("libc.so.6", "GLIBC_2.39", true), new("libm.so.6", "GLIBC_2.29", false)], file.VersionNeeds);
        Assert.Equal(["SAMPLE_1.0", "SAMPLE_1.1"], file.VersionDefinitions);
    }

    [Fact]
    public void RUNPATH_takes_the_place_of_RPATH()
    {
        Assert.Equal("/old", Read(new ElfBytes().RPath("/old").Bytes())!.RPath);
        ElfFile both = Read(new ElfBytes().RPath("/old").RunPath("/new").Bytes())!;
        Assert.Null(both.RPath);
        Assert.Equal("/new", both.RunPath);
    }

    [Fact]
    public void What_is_no_ELF_file_is_none()
    {
        Assert.Null(Read([]));
        Assert.Null(Read(new byte[100]));
        Assert.Null(Read(System.Text.Encoding.ASCII.GetBytes("#!/bin/sh\necho a script that is longer than a header of ELF\n")));
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused_or_read()
    {
        byte[] whole = Sample(true, true, 62);
        int refused = 0;
        for (int length = 0; length < whole.Length; length++)
        {
            try
            {
                Read(whole[..length]);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        // Shorter than a header it is no ELF file; from there on what is pointed at is missing.
        Assert.Equal(whole.Length - 52, refused);
    }

    [Theory]
    [InlineData(true, true, 41)]
    [InlineData(false, false, 42)]
    public void A_damaged_file_is_refused_or_read(bool is64, bool isLittle, int seed)
    {
        byte[] bytes = Sample(is64, isLittle, 62);
        int refused = Mutation.Run(bytes, seed, Mutation.Rounds(3000), [0..64, 64..176, 176..bytes.Length, (bytes.Length - 200)..bytes.Length], damaged => Read(damaged));
        Assert.InRange(refused, 100, int.MaxValue);
    }

    [Fact]
    public void Chains_of_versions_that_lead_back_end()
    {
        byte[] bytes = Sample(true, true, 62);
        int needs = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[1, 0, 2, 0]);     // Verneed: version 1, two names
        Assert.True(needs > 0);
        bytes.AsSpan(needs + 12, 4).Fill(0xFF);       // the next record: far outside
        Assert.Throws<InvalidDataException>(() => Read(bytes));
    }

    [Theory]
    [InlineData("/bin/ls")]
    [InlineData("/lib64/ld-linux-x86-64.so.2")]
    [InlineData("/lib/x86_64-linux-gnu/libc.so.6")]
    [InlineData("/usr/lib/x86_64-linux-gnu/libstdc++.so.6")]
    public void Agrees_with_readelf_about_files_of_this_host(string path)
    {
        Need.Program("readelf");
        Need.Feature(File.Exists(path), path);
        ElfFile file = Read(File.ReadAllBytes(path))!;
        string text = Run("readelf", "-d", "-V", "-W", path);

        string[] needed = [.. text.Split('\n').Where(line => line.Contains("(NEEDED)")).Select(line => line.Split('[')[1].TrimEnd(']'))];
        Assert.Equal(needed, file.Needed);
        string[] wanted = [.. text.Split('\n').Where(line => line.Contains("Name: ") && line.Contains("Version: "))
            .Select(line => line.Split("Name: ")[1].Split(' ')[0])];
        Assert.Equal(wanted, file.VersionNeeds.Select(need => need.Version));
        string[] defined = [.. text.Split('\n').Where(line => line.Contains("Rev: ") && !line.Contains("Flags: BASE")).Select(line => line.Split("Name: ")[1].Trim())];
        Assert.Equal(defined, file.VersionDefinitions);
    }

    private static byte[] Sample(bool is64, bool isLittle, ushort machine)
        => new ElfBytes { Is64 = is64, IsLittle = isLittle, Machine = machine }
            .SoName("libsample.so.3").RunPath("$ORIGIN/../lib")
            .Needs("libc.so.6", "GLIBC_2.34", "?GLIBC_2.39").Needs("libm.so.6", "GLIBC_2.29").Needs("libplain.so.1")
            .Defines("SAMPLE_1.0", "SAMPLE_1.1").Bytes();

    private static ElfFile? Read(byte[] bytes) => ElfFile.Read(new MemoryRange(bytes));

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}

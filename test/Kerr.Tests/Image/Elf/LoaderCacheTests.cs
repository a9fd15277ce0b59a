using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Kerr.Image.Elf;
using Xunit;

namespace Kerr.Tests.Image.Elf;

public class LoaderCacheTests
{
    private const int Amd64 = 0x0303;

    [Fact]
    public void Reads_what_ldconfig_prints_of_this_hosts_cache()
    {
        Need.Feature(File.Exists("/etc/ld.so.cache"), "/etc/ld.so.cache");
        LoaderCache cache = LoaderCache.Read(File.ReadAllBytes("/etc/ld.so.cache"));
        Assert.Equal(Printed("/etc/ld.so.cache"), cache.Entries.Select(entry => $"{entry.Name} => {entry.Path}"));
    }

    [Fact]
    public void What_it_writes_ldconfig_reads_and_the_loader_finds()
    {
        LoaderCache cache = LoaderCache.Empty;
        foreach (string name in (string[])["libb.so.2", "libb.so.10", "liba.so", "libcuda.so.1", "libc.so.6", "lib+.so.1", "libB.so"])
        {
            cache.Add(name, $"/first/{name}", Amd64);
        }

        cache.Add("libb.so.2", "/second/libb.so.2", Amd64);
        using var directory = new TemporaryDirectory();
        string path = directory.Write("ld.so.cache", cache.Write());

        string[] printed = Printed(path);
        Assert.Equal(8, printed.Length);
        Assert.Equal(["libb.so.10 => /first/libb.so.10", "libb.so.2 => /second/libb.so.2", "libb.so.2 => /first/libb.so.2"], printed.Where(line => line.StartsWith("libb.")));
        Assert.Equal(printed, LoaderCache.Read(cache.Write()).Entries.Select(entry => $"{entry.Name} => {entry.Path}"));
    }

    [Fact]
    public void A_cache_that_is_read_and_written_keeps_its_order()
    {
        Need.Feature(File.Exists("/etc/ld.so.cache"), "/etc/ld.so.cache");
        LoaderCache cache = LoaderCache.Read(File.ReadAllBytes("/etc/ld.so.cache"));
        LoaderCache again = LoaderCache.Read(cache.Write());
        Assert.Equal(cache.Entries.Where(entry => !entry.Variant), again.Entries);
    }

    [Theory]
    [InlineData("liba.so.2", "liba.so.10", -1)]
    [InlineData("liba.so.2", "liba.so.2", 0)]
    [InlineData("liba.so.02", "liba.so.2", 0)]      // by value
    [InlineData("liba.so", "liba.so.1", -1)]
    [InlineData("lib1", "liba", 1)]                 // a digit above letters
    [InlineData("libB", "liba", -1)]
    public void Names_compare_as_the_loader_compares_them(string one, string other, int order)
    {
        Assert.Equal(order, Math.Sign(LoaderCache.Compare(one, other)));
        Assert.Equal(-order, Math.Sign(LoaderCache.Compare(other, one)));
    }

    [Fact]
    public void A_cache_cut_anywhere_is_refused()
    {
        LoaderCache cache = LoaderCache.Empty;
        cache.Add("liba.so.1", "/lib/liba.so.1", Amd64);
        byte[] whole = cache.Write();
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => LoaderCache.Read(whole.AsSpan(0, length)));
        }
    }

    [Fact]
    public void A_damaged_cache_is_refused_or_read()
    {
        LoaderCache cache = LoaderCache.Empty;
        for (int i = 0; i < 20; i++)
        {
            cache.Add($"lib{i}.so.1", $"/lib/lib{i}.so.1", Amd64);
        }

        byte[] bytes = cache.Write();
        int refused = Mutation.Run(bytes, 43, Mutation.Rounds(2000), [0..48, 48..(48 + (20 * 24))], damaged => LoaderCache.Read(damaged));
        Assert.InRange(refused, 100, int.MaxValue);
    }

    [Fact]
    public void The_new_format_is_found_behind_the_old_one()
    {
        LoaderCache cache = LoaderCache.Empty;
        cache.Add("liba.so.1", "/lib/liba.so.1", Amd64);
        var old = new byte[32];
        "ld.so-1.7.0"u8.CopyTo(old);
        old[12] = 1;        // 16 and one entry of 12 bytes, on to 32
        Assert.Equal("/lib/liba.so.1", LoaderCache.Read([.. old, .. cache.Write()]).Find("liba.so.1", Amd64));
        Assert.Null(LoaderCache.Read([.. old, .. cache.Write()]).Find("liba.so.1", 0x0003));
    }

    private static string[] Printed(string path)
    {
        Need.Feature(File.Exists("/sbin/ldconfig"), "ldconfig");
        using Process process = Process.Start(new ProcessStartInfo("/sbin/ldconfig", ["-p", "-C", path]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return [.. output.Split('\n').Where(line => line.StartsWith('\t')).Select(line => $"{line.Trim().Split(' ')[0]} => {line.Split("=> ")[1]}")];
    }
}

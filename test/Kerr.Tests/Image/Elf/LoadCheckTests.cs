using System.Collections.Generic;
using System.Linq;
using Kerr.Image;
using Kerr.Image.Elf;
using Xunit;

namespace Kerr.Tests.Image.Elf;

public class LoadCheckTests
{
    private const string Lib = "/lib/x86_64-linux-gnu/";

    [Theory]
    [InlineData("GLIBC_2.17", null)]
    [InlineData("GLIBC_2.31", null)]
    [InlineData("?GLIBC_2.38", null)]       // weak: the loader gets on without
    [InlineData("GLIBC_2.38", "it needs GLIBC_2.38 of libc.so.6, and the container's goes up to GLIBC_2.31")]
    public void A_library_is_held_against_the_containers_glibc(string version, string? obstacle)
        => Assert.Equal(obstacle, Check(Container(), Elf(new ElfBytes().SoName("libgpu.so.1").Needs("libc.so.6", "GLIBC_2.2.5", version))));

    [Fact]
    public void Without_glibc_nothing_that_needs_it_loads()
    {
        ElfFile library = Elf(new ElfBytes().SoName("libgpu.so.1").Needs("libc.so.6", "GLIBC_2.2.5"));
        Assert.Equal("it needs glibc, and the container has musl", Check(new FileTree().With("/lib/ld-musl-x86_64.so.1", "x"), library));
        Assert.Equal("it needs glibc, and the container has no C library", Check(new FileTree(), library));
    }

    [Fact]
    public void Another_processor_is_told()
        => Assert.Equal("it is for arm64, the container for amd64", Check(Container(), Elf(new ElfBytes { Machine = 183 }.SoName("libgpu.so.1"))));

    [Fact]
    public void What_needs_a_library_that_is_left_out_is_left_out_unless_the_container_has_it()
    {
        var brought = new Dictionary<string, ElfFile>
        {
            ["libtop.so.1"] = Elf(new ElfBytes().SoName("libtop.so.1").Needs("libmiddle.so.1")),
            ["libmiddle.so.1"] = Elf(new ElfBytes().SoName("libmiddle.so.1").Needs("libnew.so.1")),
            ["libnew.so.1"] = Elf(new ElfBytes().SoName("libnew.so.1").Needs("libc.so.6", "GLIBC_2.99")),
            ["libother.so.1"] = Elf(new ElfBytes().SoName("libother.so.1").Needs("libown.so.1")),
            ["libown.so.1"] = Elf(new ElfBytes().SoName("libown.so.1").Needs("libc.so.6", "GLIBC_2.99")),
        };
        FileTree container = Container().With(Lib + "libown.so.1", ElfBytes.Library("libown.so.1"));

        SortedDictionary<string, string> left = new LoadCheck(new LibrarySearch(container, "amd64"), broughtFirst: false).Exclude(brought);

        Assert.Equal(["libmiddle.so.1", "libnew.so.1", "libown.so.1", "libtop.so.1"], left.Keys);
        Assert.Equal("it needs libmiddle.so.1, which is left out", left["libtop.so.1"]);
        Assert.Equal(["libother.so.1"], brought.Keys);
    }

    [Theory]
    [InlineData(false, "it needs CXX_2 of libcxx.so.6, and the container's goes up to CXX_1")]
    [InlineData(true, null)]
    public void Whose_library_counts_depends_on_what_is_found_first(bool broughtFirst, string? obstacle)
    {
        FileTree container = Container().With(Lib + "libcxx.so.6", new ElfBytes().SoName("libcxx.so.6").Defines("CXX_1").Bytes());
        var brought = new Dictionary<string, ElfFile> { ["libcxx.so.6"] = Elf(new ElfBytes().SoName("libcxx.so.6").Defines("CXX_1", "CXX_2")) };
        Assert.Equal(obstacle, new LoadCheck(new LibrarySearch(container, "amd64"), broughtFirst)
            .Obstacle(Elf(new ElfBytes().SoName("libgpu.so.1").Needs("libcxx.so.6", "CXX_2")), brought));
    }

    [Fact]
    public void The_version_of_glibc_is_that_of_its_newest_symbols()
    {
        static string? Version(params string[] versions)
            => CLibrary.Of(new LibrarySearch(new FileTree().With(Lib + "libc.so.6", ElfBytes.Glibc(versions)), "amd64")).Version;
        Assert.Equal("2.36", Version("GLIBC_2.2.5", "GLIBC_2.36", "GLIBC_2.4", "GLIBC_PRIVATE"));
        Assert.Equal("2.4", Version("GLIBC_2.2.5", "GLIBC_2.4"));
        Assert.Equal("3.0", Version("GLIBC_2.99", "GLIBC_3.0"));
        Assert.Null(Version("OTHER_1"));
    }

    [Fact]
    public void The_cache_leads_to_libraries_in_other_directories_and_damaged_ones_are_none()
    {
        LoaderCache cache = LoaderCache.Empty;
        cache.Add("libfar.so.1", "/opt/far/libfar.so.1", 0x0303);
        cache.Add("libbad.so.1", "/opt/far/libbad.so.1", 0x0303);
        cache.Add("libgone.so.1", "/opt/far/libgone.so.1", 0x0303);
        cache.Add("lib32.so.1", "/opt/far/lib32.so.1", 0x0003);
        var search = new LibrarySearch(
            Container().With("/etc/ld.so.cache", cache.Write()).With("/opt/far/libfar.so.1", ElfBytes.Library("libfar.so.1"))
                .With("/opt/far/libbad.so.1", ElfBytes.Library("libbad.so.1")[..100]).With("/opt/far/lib32.so.1", ElfBytes.Library("lib32.so.1")), "amd64");
        Assert.Equal("/opt/far/libfar.so.1", search.Find("libfar.so.1"));
        Assert.Null(search.Find("libbad.so.1"));
        Assert.Null(search.Find("libgone.so.1"));
        Assert.Null(search.Find("lib32.so.1"));
        Assert.Equal(["libfar.so.1"], search.FindAll("libfar.so").Keys.ToArray());
        Assert.Empty(search.FindAll("libfa.so"));
    }

    private static FileTree Container() => new FileTree().With(Lib + "libc.so.6", ElfBytes.Glibc("GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_2.31"));

    private static ElfFile Elf(ElfBytes bytes) => ElfFile.Read(new MemoryRange(bytes.Bytes()))!;

    private static string? Check(FileTree container, ElfFile library)
        => new LoadCheck(new LibrarySearch(container, "amd64"), broughtFirst: false).Obstacle(library, new Dictionary<string, ElfFile>());
}

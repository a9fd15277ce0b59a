using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Kerr.Build.Assembly;
using Kerr.Build.Inspection;
using Kerr.Build.Metadata;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.Layers;
using Kerr.Registry.References;
using Kerr.Registry.Sources;
using Kerr.Runtime.Environment;
using Kerr.Tests.Registry.Layers;
using Kerr.Tests.Runtime.Environment.Shell;
using Xunit;

namespace Kerr.Tests.Build.Assembly;

/// <summary>SIF files of OCI images: what is in them, the same bytes each time, and nothing when something is wrong.</summary>
public sealed class OciAssemblyTests : IDisposable
{
    private const string Config = """
        {"architecture":"arm64","created":"2024-05-06T07:08:09Z","config":{"Env":["PATH=/bin:/x","A=b \"$c","E="],"Entrypoint":["/bin/e"],"Cmd":["c"],"Labels":{"L":"1"}}}
        """;

    private static readonly ImageOrigin s_origin = new("oci", "layout");
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("zstd")]
    [InlineData("gzip")]
    public void Holds_the_layers_and_what_a_build_adds(string compression)
    {
        Need.Program("mksquashfs");
        string target = _directory.File("x.sif");
        using OciImage layers = Image(Config, Lower(), new TarBytes().File("etc/motd", "new").File("etc/.wh.gone"));
        OciAssembly.Build(layers, target, s_origin, new SifAssemblyOptions { Compression = compression });

        using ImageFile image = ImageFile.Open(target);
        using IImageTree tree = ImageTree.Open(image)!;
        Assert.Equal(("arm64", compression), (image.Architecture, image.RequireRoot().Compression));
        Assert.Equal("new", Encoding.ASCII.GetString(tree.ReadFile("/etc/motd", 100)!));
        Assert.Null(tree.ReadFile("/etc/gone", 100));
        Assert.True(tree.TryStat("/home/somebody", out ImageEntry home));
        Assert.Equal((0b111_000_000, 70_000u), (home.Permissions, home.Uid));
        Assert.True(tree.TryStat("/", out ImageEntry root));
        Assert.Equal((0b111_101_101, 0u, 1_714_979_289L), (root.Permissions, root.Uid, root.ModifiedAt));
        Assert.Equal("/elsewhere", tree.ReadLink("/tmp"));      // what the image has stays
        Assert.NotNull(tree.ReadFile("/etc/resolv.conf", 100));
        Assert.Equal(".singularity.d/runscript", tree.ReadLink("/singularity"));

        ImageAttributes attributes = ImageInspection.Of(image, static _ => { });
        Assert.Equal("1", attributes.Labels["L"]);
        Assert.Equal("Monday_6_May_2024_7:8:9_UTC", attributes.Labels["org.label-schema.build-date"]);
        Assert.Equal("bootstrap: oci\nfrom: layout", attributes.Deffile);
        Assert.Contains("OCI_ENTRYPOINT", attributes.Runscript, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Config)]
    [InlineData("{}")]      // no time: that of the newest file, and none of this moment
    public void The_same_image_gives_the_same_bytes(string config)
    {
        Need.Program("mksquashfs");
        using OciImage layers = Image(config, Lower(), new TarBytes().Link("etc/a-link-of-some-length", "motd"));
        Guid first = OciAssembly.Build(layers, _directory.File("a.sif"), s_origin, new SifAssemblyOptions());
        System.Threading.Thread.Sleep(1100);    // times have whole seconds
        Guid second = OciAssembly.Build(layers, _directory.File("b.sif"), s_origin, new SifAssemblyOptions { Processors = 1 });

        Assert.Equal(first, second);
        Assert.Equal(File.ReadAllBytes(_directory.File("a.sif")), File.ReadAllBytes(_directory.File("b.sif")));
    }

    [Fact]
    public void An_image_that_is_read_twice_comes_out_right()
    {
        Need.Program("mksquashfs");
        string target = _directory.File("x.sif");
        using OciImage layers = Image(Config, new TarBytes().Directory("usr").Link("bin", "usr").File("x", "1").File("x", "2"), new TarBytes().File("bin/tool", "t"));
        OciAssembly.Build(layers, target, s_origin, new SifAssemblyOptions());

        using ImageFile image = ImageFile.Open(target);
        using IImageTree tree = ImageTree.Open(image)!;
        Assert.Equal(("2", "t", "usr"), (Read(tree, "/x"), Read(tree, "/usr/tool"), tree.ReadLink("/bin")));
    }

    [Fact]
    public void A_hostile_layer_leaves_nothing()
    {
        Need.Program("mksquashfs");
        using OciImage layers = Image(Config, new TarBytes().File("../../escaped", "x"));

        var error = Assert.Throws<UserException>(() => OciAssembly.Build(layers, _directory.File("x.sif"), s_origin, new SifAssemblyOptions()));
        Assert.Contains("leads out of the image", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void A_damaged_layer_leaves_the_old_image()
    {
        Need.Program("mksquashfs");
        string target = _directory.Write("x.sif", "old");
        byte[] layer = Lower().End();
        var blob = new BlobDescriptor("", Digest.Of(layer), layer.Length);
        layer[600] ^= 1;
        using var image = new OciImage(new None(), OciConfig.Parse("{}"u8.ToArray()), [new ImageLayer(() => new CheckedStream(new MemoryStream(layer), blob), layer.Length)], null);

        Assert.Throws<UserException>(() => OciAssembly.Build(image, target, s_origin, new SifAssemblyOptions { Overwrite = true }));
        Assert.Equal("old", File.ReadAllText(target));
        Assert.Single(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void The_tools_failure_is_told()
    {
        string tool = _directory.Write("tool", "#!/bin/sh\nhead -c 1000 >/dev/null\necho 'FATAL ERROR: it broke'\nexit 1\n");
        using (var file = FileCalls.Open(tool, OpenFlags.O_RDONLY))
        {
            FileCalls.SetPermissions(file, 0b101_000_000);
        }

        using OciImage image = Image(Config, Lower());

        var error = Assert.Throws<UserException>(() => OciAssembly.Build(image, _directory.File("x.sif"), s_origin, new SifAssemblyOptions { Mksquashfs = tool }));
        Assert.Contains("it broke", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[\"/bin/e\",\"it's\"]", "[\"c d\",\"$x\",\"\"]")]
    [InlineData("[]", "[\"sh\",\"-c\",\"echo \\\"hello there\\\"\"]")]
    [InlineData("[\"e\"]", "null")]
    public void The_runscript_is_understood_without_a_shell_as_a_shell_runs_it(string entrypoint, string command)
    {
        byte[] script = OciFiles.Runscript(OciConfig.Parse(Encoding.UTF8.GetBytes("{\"config\":{\"Entrypoint\":" + entrypoint + ",\"Cmd\":" + command + "}}")));
        string run = Encoding.UTF8.GetString(script).Replace("exec \"$@\"", "printf '%s|' \"$@\"; exit", StringComparison.Ordinal);
        foreach (bool literal in (bool[])[false, true])
        {
            List<EnvironmentVariable> environment = [new("PATH", "/usr/bin:/bin"), new("x", "y z"), .. literal ? [new EnvironmentVariable("SINGULARITY_NO_EVAL", "1")] : (EnvironmentVariable[])[]];
            foreach (string[] arguments in (string[][])[[], ["a b"], ["$x", "it's"]])
            {
                IReadOnlyList<string>? found = OciScripts.CommandLine(script, arguments, environment, 1000, 1000);

                Assert.NotNull(found);
                Assert.Equal(RealShell.Output("dash", run, environment, arguments), string.Concat(found.Select(static word => word + "|")));
            }
        }
    }

    [Fact]
    public void Opens_layouts_and_archives()
    {
        Need.Program("tar");
        string layout = Layout();
        Run("tar", "-cf", _directory.File("a.tar"), "-C", layout, ".");
        Run("tar", "-czf", _directory.File("a.tgz"), "-C", layout, ".");
        foreach (Func<OciImage> open in (Func<OciImage>[])
        [
            () => OciLayout.OpenDirectory(layout, Platform.Parse("amd64")), () => OciLayout.OpenDirectory(layout + ":one", Platform.Parse("amd64")),
            () => OciArchive.Open(_directory.File("a.tar"), Platform.Parse("amd64"), _directory.Path),
            () => OciArchive.Open(_directory.File("a.tgz") + ":one", Platform.Parse("amd64"), _directory.Path),
        ])
        {
            using OciImage image = open();
            using Stream tar = LayerStream.Open(Assert.Single(image.Layers).Open());
            Assert.Equal("x", new TarReader(tar).Next()!.Name);
        }

        Assert.Throws<UserException>(() => OciLayout.OpenDirectory(layout + ":two", Platform.Parse("amd64")));
        Assert.Throws<UserException>(() => OciLayout.OpenDirectory(_directory.File("nothing"), Platform.Parse("amd64")));
        Assert.Throws<UserException>(() => DockerArchive.Open(_directory.Write("empty.tar", new TarBytes().End()), Platform.Parse("amd64"), _directory.Path));
        Assert.DoesNotContain(Directory.GetFiles(_directory.Path), static file => file.Contains("tmp", StringComparison.Ordinal) && file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void Opens_what_docker_saves()
    {
        string path = _directory.Write("d.tar", new TarBytes().File("c.json", Config).File("l1/layer.tar", Encoding.Latin1.GetString(new TarBytes().File("x", "1").End()))
            .Link("l2/layer.tar", "../l1/layer.tar").File("manifest.json", """[{"Config":"c.json","RepoTags":["a/b:1"],"Layers":["l1/layer.tar","l2/layer.tar"]}]""").End());

        using OciImage image = DockerArchive.Open(path, Platform.Parse("amd64"), _directory.Path);
        using OciImage named = DockerArchive.Open(path + ":a/b:1", Platform.Parse("amd64"), _directory.Path);
        Assert.Equal((2, 2), (image.Layers.Count, named.Layers.Count));
        Assert.Equal(["x=1"], TarBytes.Lines(All(image.Layers[1].Open())));
        Assert.Throws<UserException>(() => DockerArchive.Open(path + ":a/b:2", Platform.Parse("amd64"), _directory.Path));
    }

    private static string Read(IImageTree tree, string path) => Encoding.ASCII.GetString(tree.ReadFile(path, 100)!);

    private static byte[] All(Stream stream)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        stream.Dispose();
        return copy.ToArray();
    }

    private static TarBytes Lower() => new TarBytes().Directory("etc").File("etc/motd", "old").File("etc/gone").Link("tmp", "/elsewhere")
        .Directory("home/somebody", 0b111_000_000, uid: 70_000).File("bin/sh", "no ELF", 0b111_101_101);

    private static OciImage Image(string config, params TarBytes[] layers)
        => new(new None(), OciConfig.Parse(Encoding.UTF8.GetBytes(config)), [.. layers.Select(static layer =>
        {
            byte[] bytes = layer.End();
            return new ImageLayer(() => new MemoryStream(bytes), bytes.Length);
        })], null);

    private string Layout()
    {
        string Put(byte[] bytes)
        {
            Digest digest = Digest.Of(bytes);
            _directory.Write($"layout/blobs/sha256/{digest.Hex}", bytes);
            return $"\"digest\":\"{digest}\",\"size\":{bytes.Length}";
        }

        string layer = Put(new TarBytes().File("x", "1").End()), config = Put(Encoding.UTF8.GetBytes(Config));
        string manifest = Put(Encoding.UTF8.GetBytes("{\"config\":{" + config + "},\"layers\":[{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\"," + layer + "}]}"));
        _directory.Write("layout/oci-layout", """{"imageLayoutVersion":"1.0.0"}""");
        _directory.Write("layout/index.json", "{\"manifests\":[{\"mediaType\":\"" + ImageManifest.OciManifest + "\"," + manifest + ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"one\"}}]}");
        return _directory.File("layout");
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private sealed class None : IBlobSource
    {
        public Stream Open(BlobDescriptor blob) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}

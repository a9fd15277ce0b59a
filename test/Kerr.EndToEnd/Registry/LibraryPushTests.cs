using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Registry;

/// <summary>`push` to `library://`: what is made on the way, how the file gets to the store, and who learns the token.</summary>
public class LibraryPushTests
{
    private const string Uri = "library://new/tools/one:1.2,latest";

    private static readonly string s_hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Images.Sif)));

    [Fact]
    public void What_the_path_names_is_made_and_the_file_goes_to_the_store_without_the_token()
    {
        using var cloud = new MadeUpCloud("good");
        Caller user = LoggedIn(cloud);
        string md5 = Host.Run("md5sum", Images.Sif)[..32];

        user.Run("push", "-U", "-D", "a tool", Images.Sif, Uri).Ends(0).Warns($"Upload complete: library://new/tools/one:1.2 is sha256:{s_hash}");

        Assert.Equal(
            [
                """POST /v1/entities {"name":"new","description":"No description"}""",
                """POST /v1/collections {"name":"tools","description":"No description","entity":"id-entities"}""",
                """POST /v1/containers {"name":"one","description":"No description","collection":"id-collections"}""",
                $$"""POST /v1/images {"hash":"sha256.{{s_hash}}","description":"a tool","container":"id-containers"}""",
                $$"""POST /v2/imagefile/id-images {"filesize":{{new FileInfo(Images.Sif).Length}},"md5sum":"{{md5}}","sha256sum":"{{s_hash}}"}""",
                $"PUT /store/1?X-Amz-SignedHeaders=host%3Bx-amz-content-sha256 without token {s_hash[..8]}",
                "PUT /v2/imagefile/id-images/_complete {}",
                """POST /v2/tags/id-containers {"Arch":"amd64","Tag":"1.2","ImageID":"id-images"}""",
                """POST /v2/tags/id-containers {"Arch":"amd64","Tag":"latest","ImageID":"id-images"}""",
            ],
            cloud.Uploads.Changes);
        Assert.Equal(File.ReadAllBytes(Images.Sif), cloud.Uploads.Stored);

        // The second time everything is there but another tag.
        cloud.Uploads.Changes.Clear();
        user.Run("push", "-U", Images.Sif, "library://new/tools/one:2").Succeeds();
        Assert.Equal(["""POST /v2/tags/id-containers {"Arch":"amd64","Tag":"2","ImageID":"id-images"}"""], cloud.Uploads.Changes);
    }

    [Fact]
    public void A_large_file_goes_in_parts()
    {
        using var cloud = new MadeUpCloud("good");
        string file = Large();

        LoggedIn(cloud).Run("push", "-U", file, Uri).Succeeds();

        Assert.Equal(File.ReadAllBytes(file), cloud.Uploads.Stored);
        string[] parts = [.. cloud.Uploads.Changes.Where(static line => line.Contains("_multipart", StringComparison.Ordinal))];
        Assert.Equal("POST /v2/imagefile/id-images/_multipart {\"filesize\":" + new FileInfo(file).Length + "}", parts[0]);
        Assert.StartsWith("""PUT /v2/imagefile/id-images/_multipart {"partSize":41943040,"uploadID":"u1","partNumber":1,"sha256sum":""", parts[1], StringComparison.Ordinal);
        Assert.Equal("""PUT /v2/imagefile/id-images/_multipart_complete {"uploadID":"u1","completedParts":[{"partNumber":1,"token":"\u00221\u0022"},{"partNumber":2,"token":"\u00222\u0022"}]}""", parts[3]);
    }

    [Fact]
    public void Parts_that_the_store_refuses_are_given_up()
    {
        using var cloud = new MadeUpCloud("good") { Uploads = new MadeUpLibrary { StoreAnswers = 403 } };
        LoggedIn(cloud).Run("push", "-U", Large(), Uri).Ends(255);
        Assert.Equal("""PUT /v2/imagefile/id-images/_multipart_abort {"uploadID":"u1"}""", cloud.Uploads.Changes[^1]);
    }

    [Theory]
    [InlineData("", "v1")]                  // tells no version
    [InlineData("1.0.0", "v1")]
    [InlineData("2.0.0-alpha.1", "v1")]     // knows the store, not tags by architecture
    [InlineData("2.0.0-alpha.10", "v2")]
    [InlineData("2.0.0-beta.1", "v2")]
    [InlineData("2.1.0+build", "v2")]
    public void Older_libraries_get_what_they_know(string version, string tags)
    {
        using var cloud = new MadeUpCloud("good") { Uploads = new MadeUpLibrary { ApiVersion = version } };
        LoggedIn(cloud).Run("push", "-U", Images.Sif, "library://new/tools/one:1").Succeeds();

        Assert.Equal(File.ReadAllBytes(Images.Sif), cloud.Uploads.Stored);
        Assert.Equal(version is "" or "1.0.0", cloud.Uploads.Changes.Contains($"POST /v1/imagefile/id-images {new FileInfo(Images.Sif).Length}"));
        Assert.StartsWith($"POST /{tags}/tags/id-containers {{{(tags == "v2" ? "\"Arch\":\"amd64\"," : "")}\"Tag\":\"1\"", cloud.Uploads.Changes[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_pushed_is_said()
    {
        using var cloud = new MadeUpCloud("good");
        Caller user = LoggedIn(cloud);
        user.Run("push", Images.Sif, Uri).IsFatal("unable to verify signature");
        user.Run("push", "-U", "/no/such.sif", Uri).IsFatal("/no/such.sif");
        user.Run("push", "-U", "/etc/passwd", Uri).IsFatal("SIF");
        user.Run("push", "-U", Images.Sif, "library://one:1").IsFatal("does not say where an image goes");
        user.Run("push", "-U", Images.Sif, "library://new/tools/one:1,").IsFatal("does not say where an image goes");
        user.Run("push", "-U", Images.Sif, "library://library.example.org/new/tools/one:1").IsFatal("push to location other than current remote is not supported");
        user.Run("push", "-U", "--library", "https://library.example.org", Images.Sif, Uri).IsFatal("push to location other than current remote is not supported");
        Assert.Empty(cloud.Uploads.Changes);
        user.Run("push", "-U", Images.Sif, $"library://{cloud.Host}/new/tools/one:1").Succeeds();
        user.Run("remote", "logout").Succeeds();
        user.Run("push", "-U", Images.Sif, Uri).IsFatal("no login");
    }

    [Fact]
    public void A_store_elsewhere_is_reached_only_by_addresses()
    {
        using var cloud = new MadeUpCloud("good") { Uploads = new MadeUpLibrary { Place = static _ => "file:///etc/passwd" } };
        LoggedIn(cloud).Run("push", "-U", Images.Sif, Uri).IsFatal("file:///etc/passwd, which is no address");
    }

    /// <summary>A SIF file of more than 64 MiB.</summary>
    private static string Large()
    {
        string file = $"{Host.Directory()}/large.sif", data = $"{Host.Directory()}/data";
        File.Copy(Images.Sif, file);
        using (FileStream zeros = File.Create(data))
        {
            zeros.SetLength(70 << 20);
        }

        As.Root.Run("sif", "add", "--datatype", "7", file, data).Succeeds();
        return file;
    }

    private static Caller LoggedIn(MadeUpCloud cloud)
    {
        string home = Host.Directory(TestUser.First);
        Caller user = As.User.In(home).With($"HOME={home}");
        Host.Write($"{home}/token", "good\n");
        user.Run("remote", "add", "--insecure", "--tokenfile", "token", "work", cloud.Host).Succeeds();
        return user;
    }
}

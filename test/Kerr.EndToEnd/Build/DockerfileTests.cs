using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Build;

/// <summary>Dockerfiles, by a BuildKit that is made up: it takes what buildctl takes, and gives an archive that was made before.</summary>
public class DockerfileTests
{
    [Fact]
    public void BuildKit_is_asked_for_what_the_definition_says()
    {
        string directory = Host.Directory(TestUser.First);
        string archive = Archive(directory);
        Host.Write($"{directory}/bin/buildctl", $"#!/bin/sh\nfor a; do echo \"<$a>\"; case $a in type=oci,dest=*) cat {archive} >\"${{a#type=oci,dest=}}\";; esac; done >{directory}/asked\n", Modes.Everybody);
        Host.Write($"{directory}/context/Other", "FROM scratch\n");
        Host.Write($"{directory}/image.def", $"Bootstrap: dockerfile\nFrom: {directory}/context\nFilename: Other\nTarget: last\nBuildArgs: A=1 B=2\n%post\n cat /hello > /made\n");
        Caller user = As.User.In(directory).With($"HOME={directory}", $"PATH={directory}/bin:{Caller.DefaultPath}");

        user.Run("build", "--ignore-subuid", "--buildkit-host", "tcp://b:1", "x.sif", "image.def").Succeeds();

        user.Run("exec", "x.sif", "cat", "/made").Prints("of layers");
        string asked = File.ReadAllText($"{directory}/asked");
        foreach (string word in (string[])["--addr>\n<tcp://b:1", "dockerfile.v0", $"context={directory}/context", "filename=Other", "target=last", "build-arg:A=1", "build-arg:B=2", "platform=linux/amd64"])
        {
            Assert.Contains($"<{word}>", asked, System.StringComparison.Ordinal);
        }

        user.Run("build", "y.sif", $"dockerfile:{directory}/context").IsFatal($"there is no {directory}/context/Dockerfile");
        Host.Write($"{directory}/context/Dockerfile", "FROM scratch\n");
        user.Run("build", "y.sif", $"dockerfile:{directory}/context").Succeeds();
        user.Run("exec", "y.sif", "cat", "/hello").Prints("of layers");
        user.Run("exec", $"dockerfile:{directory}/context", "true").IsFatal("cannot be fetched");
    }

    [Fact]
    public void Without_BuildKit_and_with_a_failing_one_it_says_so()
    {
        string directory = Host.Directory(TestUser.First);
        Host.Write($"{directory}/Dockerfile", "FROM scratch\n");
        Caller user = As.User.In(directory).With($"HOME={directory}");
        if (!File.Exists("/usr/bin/docker") && !File.Exists("/usr/bin/buildctl"))
        {
            user.Run("build", "x.sif", $"dockerfile:{directory}").IsFatal("neither buildctl nor docker is on this host");
        }

        Host.Write($"{directory}/bin/buildctl", "#!/bin/sh\necho no daemon >&2\nexit 3\n", Modes.Everybody);
        Result result = user.With($"PATH={directory}/bin:{Caller.DefaultPath}").Run("build", "x.sif", $"dockerfile:{directory}");
        result.IsFatal("ended with status 3").Warns("no daemon");
        Assert.False(File.Exists($"{directory}/x.sif"));
    }

    // An OCI layout in a tar archive: index, manifest, configuration, a layer.
    private static string Archive(string directory)
    {
        string layout = directory + "/layout";
        byte[] saved = Registry.SavedImage.Archive("x", "of layers\n");
        Host.Run("mkdir", "-p", layout + "/blobs/sha256", directory + "/saved");
        File.WriteAllBytes(directory + "/saved.tar", saved);
        Host.Run("tar", "-C", directory + "/saved", "-xf", directory + "/saved.tar");
        string layer = Blob(layout, File.ReadAllBytes(directory + "/saved/layer.tar")), config = Blob(layout, File.ReadAllBytes(directory + "/saved/config.json"));
        string manifest = Blob(layout, System.Text.Encoding.ASCII.GetBytes("{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\"," + config
            + "},\"layers\":[{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\"," + layer + "}]}"));
        File.WriteAllText(layout + "/index.json", "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\"," + manifest + "}]}");
        File.WriteAllText(layout + "/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
        Host.Run("tar", "-C", layout, "-cf", directory + "/oci.tar", ".");
        return directory + "/oci.tar";
    }

    private static string Blob(string layout, byte[] content)
    {
        string hex = System.Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
        File.WriteAllBytes($"{layout}/blobs/sha256/{hex}", content);
        return $"\"digest\":\"sha256:{hex}\",\"size\":{content.Length}";
    }
}

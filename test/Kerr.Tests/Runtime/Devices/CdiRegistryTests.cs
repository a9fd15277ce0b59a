using System;
using Kerr.Linux;
using Kerr.Runtime.Devices.Cdi;
using Kerr.Tests.Runtime.Launch;
using Xunit;

namespace Kerr.Tests.Runtime.Devices;

public class CdiRegistryTests
{
    [Fact]
    public void A_later_directory_wins_and_broken_files_take_nothing_with_them()
    {
        MadeUpHost host = With(("/one/a.json", Json("/dev/first")), ("/two/a.yaml", Json("/dev/second")), ("/one/broken.json", "{"), ("/one/notes.txt", "{"));
        CdiRegistry registry = CdiRegistry.Read(host, ["/one", "/two", "/none"]);
        Assert.Equal("/dev/second", registry.Find("vendor.org/gpu=0").Edits.Nodes[0].Path);
        Assert.Equal("/one/broken.json", Assert.Single(registry.Damaged).Path);
    }

    [Fact]
    public void Two_descriptions_in_one_directory_are_refused_when_the_device_is_asked_for()
    {
        CdiRegistry registry = CdiRegistry.Read(With(("/one/a.json", Json("/dev/first")), ("/one/b.json", Json("/dev/second"))), ["/one"]);
        UserException error = Assert.Throws<UserException>(() => registry.Find("vendor.org/gpu=0"));
        Assert.Contains("/one/a.json and by /one/b.json", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vendor.org/gpu=9", "no CDI device vendor.org/gpu=9 is described in /one")]
    [InlineData("gpu=0", "gpu=0 is no name of a CDI device")]
    [InlineData("vendor.org/gpu", "is no name of a CDI device")]
    [InlineData("vendor.org/gpu=../0", "is no name of a CDI device")]
    [InlineData("/dev/nvidia0", "is no name of a CDI device")]
    public void A_name_that_leads_nowhere_is_told(string name, string message)
        => Assert.Contains(message, Assert.Throws<UserException>(
            () => CdiRegistry.Read(With(("/one/a.json", Json("/dev/x"))), ["/one"]).Find(name)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"kind\": \"a/b\", \"devices\": []}", "cdiVersion is missing")]
    [InlineData("{\"cdiVersion\": \"0.5.0\", \"kind\": \"ab\"}", "no vendor/class")]
    [InlineData("{\"cdiVersion\": \"0.5.0\", \"kind\": \"a/b\", \"devices\": 3}", "devices is no list")]
    [InlineData("{\"cdiVersion\": \"0.5.0\", \"kind\": \"a/b\", \"devices\": [{\"name\": \"../x\"}]}", "is no name of a device")]
    [InlineData("{\"cdiVersion\": \"0.5.0\", \"kind\": \"a/b\", \"containerEdits\": {\"deviceNodes\": [{\"path\": \"dev/x\"}]}}", "no absolute path")]
    [InlineData("{\"cdiVersion\": \"0.5.0\", \"kind\": \"a/b\", \"containerEdits\": {\"mounts\": [{\"hostPath\": \"/x\"}]}}", "containerPath is no absolute path")]
    [InlineData("{\"cdiVersion\": \"0.5.0\", \"kind\": \"a/b\", \"containerEdits\": {\"env\": [\"=x\"]}}", "no NAME=VALUE")]
    public void A_description_that_is_none_is_refused(string text, string message)
        => Assert.Contains(message, Assert.Throws<System.IO.InvalidDataException>(() => CdiRegistry.Parse("x", text)).Message, StringComparison.Ordinal);

    private static MadeUpHost With(params (string Path, string Text)[] files)
    {
        var host = new MadeUpHost();
        foreach ((string path, string text) in files)
        {
            host.Tree.With(path, text);
        }

        return host;
    }

    private static string Json(string node)
        => $"{{\"cdiVersion\": \"0.6.0\", \"kind\": \"vendor.org/gpu\", \"devices\": [{{\"name\": \"0\", \"containerEdits\": {{\"deviceNodes\": [{{\"path\": \"{node}\"}}]}}}}]}}";
}

using System;
using System.Text;
using Kerr.Build.Assembly;
using Kerr.Image.Sandbox;
using Kerr.Linux;
using Kerr.Linux.Files;
using Xunit;

namespace Kerr.Tests.Build.Assembly;

public sealed class InspectMetadataTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void An_image_that_says_nothing_has_empty_attributes()
        => Assert.Equal("{'data':{'attributes':{}},'type':'container'}", Json());

    [Fact]
    public void Each_file_becomes_its_attribute()
    {
        _directory.Write(".singularity.d/runscript", "#!/bin/sh\nexec \"$@\"\n");
        _directory.Write(".singularity.d/startscript", "start");
        _directory.Write(".singularity.d/test", "test");
        _directory.Write(".singularity.d/runscript.help", "help\n\n");
        _directory.Write(".singularity.d/Singularity", "bootstrap: x\n");
        _directory.Write(".singularity.d/labels.json", """{"b":"2","a":"1"}""");
        _directory.Write(".singularity.d/env/01-base.sh", "the same in every image");
        _directory.Write(".singularity.d/env/10-docker2singularity.sh", "d\n");
        _directory.Write(".singularity.d/env/90-environment.sh", "e\n");
        _directory.Write(".singularity.d/env/99-base.sh", "too");

        Assert.Equal(
            "{'data':{'attributes':{'environment':{'/.singularity.d/env/10-docker2singularity.sh':'d','/.singularity.d/env/90-environment.sh':'e'},"
            + "'labels':{'a':'1','b':'2'},'runscript':'#!/bin/sh\\nexec \\u0022$@\\u0022','test':'test','helpfile':'help','deffile':'bootstrap: x',"
            + "'startscript':'start'}},'type':'container'}",
            Json());
    }

    [Fact]
    public void Apps_have_attributes_of_their_own()
    {
        _directory.Write("scif/apps/b/scif/runscript", "run b");
        _directory.Write("scif/apps/a/scif/env/90-environment.sh", "A=1\n");
        _directory.Write("scif/apps/a/scif/labels.json", """{"x":"y"}""");
        _directory.Write("scif/apps/none/data", "");

        Assert.Equal(
            "{'data':{'attributes':{'apps':{'a':{'environment':{'/scif/apps/a/scif/env/90-environment.sh':'A=1'},'labels':{'x':'y'}},"
            + "'b':{'runscript':'run b'}}}},'type':'container'}",
            Json());
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"a":1}""")]
    public void Labels_that_are_none_are_an_error_that_names_the_file(string json)
    {
        _directory.Write(".singularity.d/labels.json", json);

        Assert.Contains("labels.json", Assert.Throws<UserException>(Json).Message, StringComparison.Ordinal);
    }

    // With single quotes, to be read.
    private string Json()
    {
        using var tree = new SandboxTree(FileCalls.Open(_directory.Path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY));
        return Encoding.UTF8.GetString(InspectMetadata.Of(tree)).Replace('"', '\'');
    }
}

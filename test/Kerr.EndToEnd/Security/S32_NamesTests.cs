using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S32: a name that becomes part of a path is no path. Of those in the list there are names of applications; instances are not there yet.</summary>
public class S32_NamesTests
{
    [Theory]
    [InlineData("../../etc")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("/etc")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\nb")]
    [InlineData("$(id)")]
    [InlineData("a;id")]
    [InlineData("\u00E4")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]      // 65
    public void An_applications_name_is_no_path(string name)
    {
        string image = Images.New().Script("/scif/apps/etc/scif/runscript", "#!/bin/sh\necho ran\n").Script("/etc/scif/runscript", "#!/bin/sh\necho escaped\n").Path;
        foreach (string[] line in (string[][])[["run", "--app", name, image], ["test", "--app", name, image], ["exec", "--app", name, image, "true"], ["shell", "--app", name, image, "-c", "true"]])
        {
            As.User.Run(line).IsFatal("is no name of an application");
        }
    }

    [Theory]
    [InlineData("etc")]
    [InlineData("a")]
    [InlineData("A.b+c_d-9")]
    [InlineData("+-_.")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]       // 64
    public void Other_names_are_taken(string name)
        => As.User.Run("run", "--app", name, Images.New().Script($"/scif/apps/{name}/scif/runscript", "#!/bin/sh\necho ran\n").Path).Prints("ran");
}

using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F37: images without a C library, without a shell, without next to everything.</summary>
public class F37_SparseImageTests
{
    [Theory]
    [InlineData(Profile.User, "")]
    [InlineData(Profile.User, "-C")]
    [InlineData(Profile.User, "--writable-tmpfs")]
    [InlineData(Profile.Fakeroot, "-C")]
    [InlineData(Profile.Root, "")]
    public void One_static_program_is_enough(Profile profile, string options)
    {
        ImageTree image = Images.Bare(("/program", Programs.Bytes));
        foreach (string path in (string[])[image.Path, image.Sif()])
        {
            As.By(profile).Run(["exec", .. Words(options), path, "/program", "one", "two"]).Shows("one\0two\0");
        }
    }

    [Fact]
    public void Without_even_dev_and_proc_it_is_enough()
    {
        ImageTree image = Images.Bare(("/program", Programs.Bytes)).Without("/dev").Without("/proc");
        As.User.Run("exec", "-C", image.Path, "/program", "one").Shows("one\0");
        As.User.Run("exec", image.Sif(), "/program", "one").Shows("one\0");
    }

    [Fact]
    public void Environment_scripts_work_without_a_shell()
    {
        ImageTree image = Images.Bare(("/program", Programs.Bytes)).Script("/.singularity.d/env/90-environment.sh", "export MADE=${HOME:+by-script}\n");
        As.User.Run("exec", image.Path, "/program", "one").Shows("\0MADE=by-script\0");
    }

    [Fact]
    public void Environment_scripts_that_need_a_shell_say_so()
    {
        ImageTree image = Images.Bare(("/program", Programs.Bytes)).Script("/.singularity.d/env/90-environment.sh", "export A=`id`\n");
        As.User.Run("exec", image.Path, "/program", "one").IsFatal("environment scripts").Warns("/bin/sh");
    }

    [Theory]
    [InlineData("shell", "")]
    [InlineData("run", "")]
    [InlineData("exec", "/bin/sh -c true")]
    [InlineData("exec", "no-such-program")]
    public void What_needs_a_shell_says_that_there_is_none(string action, string command)
    {
        ImageTree image = Images.Bare(("/program", Programs.Bytes));
        Result result = As.User.Run([action, image.Path, .. Words(command)]);
        Assert.True(result.ExitCode is 255 or 127 or 1 && result.Signal == 0, result.ToString());
        Assert.True(result.Err.Length > 0 && !result.Err.Contains("internal error", StringComparison.Ordinal), result.ToString());
    }

    [Fact]
    public void A_program_that_lacks_its_C_library_is_explained()
    {
        ImageTree image = Images.Bare(("/program", "/usr/bin/env"));
        Result result = As.User.Run("exec", image.Path, "/program").Ends(255);
        Assert.Contains("a shared library is likely missing in the image", result.Err, StringComparison.Ordinal);
    }

    private static string[] Words(string options) => options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>`--workdir` and `--scratch`: where contained launches may write, and what is kept.</summary>
public class WorkDirectoryTests
{
    private readonly string work = Host.Directory(TestUser.First);

    [Fact]
    public void Workdir_stands_behind_the_contained_temporary_directories()
    {
        As.User.Run("exec", "--contain", "--workdir", work, Images.Directory, "sh", "-c", "echo t > /tmp/f; echo v > /var/tmp/f; echo h > ~/f; stat -c %a /tmp").Prints("1777");
        Assert.Equal("t\n", System.IO.File.ReadAllText($"{work}/tmp/f"));
        Assert.Equal("v\n", System.IO.File.ReadAllText($"{work}/var_tmp/f"));
        Assert.Equal("h\n", System.IO.File.ReadAllText($"{work}/home/f"));
    }

    [Fact]
    public void What_is_in_a_workdir_is_there_the_next_time()
    {
        As.User.Run("exec", "-c", "-W", work, Images.Directory, "touch", "/tmp/kept").Succeeds();
        As.User.Run("exec", "-c", "-W", work, Images.Directory, "ls", "/tmp").Prints("kept");
    }

    [Theory]
    [InlineData("/var/tmp", "../tmp")]
    [InlineData("/var/tmp", "/tmp")]
    [InlineData("/var/tmp", "../mnt/link")]     // by way of another
    [InlineData("/tmp", "var/tmp")]
    public void Where_the_image_has_one_temporary_directory_it_is_the_hosts_tmp(string link, string target)
    {
        string file = Host.Write($"{Host.Directory()}/canary", "");
        Assert.StartsWith("/tmp/", file, System.StringComparison.Ordinal);
        ImageTree image = Images.New().Without(link).Link(link, target).Link("/mnt/link", "/tmp");
        foreach (string path in (string[])[image.Path, image.Sif()])
        {
            As.User.Run("exec", path, "ls", file, "/var" + file).Prints($"{file}\n/var{file}");
            As.User.Run("exec", "--contain", path, "sh", "-c", "touch /tmp/x; ls /var/tmp").Prints("x");
        }
    }

    [Fact]
    public void Without_contain_a_workdir_changes_no_temporary_directory()
    {
        As.User.Run("exec", "--workdir", work, Images.Directory, "test", "-d", work).Succeeds();    // the host's /tmp
        Assert.False(System.IO.Directory.Exists($"{work}/tmp"));
    }

    [Fact]
    public void Scratch_is_an_empty_directory_that_can_be_written_and_goes()
        => As.User.Run("exec", "--scratch", "/scratch/one,/two", "-S", "/three", Images.Directory, "sh", "-c", "for d in /scratch/one /two /three; do ls -A $d; touch $d/f || exit 1; done")
            .Prints("");

    [Fact]
    public void Scratch_in_a_workdir_is_kept()
    {
        As.User.Run("exec", "-S", "/scratch", "-W", work, Images.Directory, "touch", "/scratch/kept").Succeeds();
        Assert.True(System.IO.File.Exists($"{work}/scratch/scratch/kept"));
    }

    [Fact]
    public void Scratch_hides_what_the_image_has_there()
        => As.User.Run("exec", "-S", "/etc", Images.Directory, "test", "-e", "/etc/os-release").Ends(1);

    [Fact]
    public void The_variables_of_both_do_the_same()
    {
        As.User.With($"APPTAINER_WORKDIR={work}", "APPTAINER_SCRATCHDIR=/s1,/s2").Run("exec", Images.Directory, "sh", "-c", "touch /s1/a /s2/b").Succeeds();
        Assert.True(System.IO.File.Exists($"{work}/scratch/s2/b"));
    }

    [Fact]
    public void A_workdir_that_cannot_be_written_is_said()
    {
        string foreign = Host.Directory();
        As.User.Run("exec", "-c", "-W", foreign, Images.Directory, "true").IsFatal(foreign);
    }
}

using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Formats;

/// <summary>A whole distribution as the image.</summary>
public class DebianTests
{
    private static string? sif;

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void A_debootstrap_tree_shows_its_own_release(Profile profile)
        => As.By(profile).Run("exec", DebianTree.Directory, "cat", "/etc/os-release").Prints(File.ReadAllText(DebianTree.Directory + "/etc/os-release").TrimEnd('\n'));

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void So_does_a_SIF_made_of_it(Profile profile)
    {
        if (sif is null)
        {
            string file = $"{Host.Directory()}/debian.sif";
            As.Root.Run("build", file, DebianTree.Directory).Succeeds();
            sif = file;
        }

        As.By(profile).Run("exec", sif, "cat", "/etc/os-release").Prints(File.ReadAllText(DebianTree.Directory + "/etc/os-release").TrimEnd('\n'));
        As.By(profile).Run("exec", sif, "bash", "-c", "dpkg-query -W -f '${Status}\\n' bash; [[ $BASH_VERSION ]] && perl -e 'print 6*7, \"\\n\"'").Prints("install ok installed\n42");
    }

    [Fact]
    public void Its_shell_is_bash_without_the_users_files()
    {
        using Running running = As.User.StartOnTerminal("shell", DebianTree.Directory);
        running.WaitFor("Apptainer> ").Type("echo $0-$((6*7))-$SHELL\n").WaitFor("/bin/bash-42-/bin/bash").Type("exit\n");
        running.Wait().Ends(0);
    }

    [Fact]
    public void A_user_sees_themselves_and_their_groups()
        => As.User.Run("exec", DebianTree.Directory, "bash", "-c", "id -un; id -gn; getent passwd $UID | cut -d: -f6")
            .Prints($"{TestUser.First.Name}\n{Host.Run("id", "-gn", TestUser.First.Name).Trim()}\n{TestUser.First.Home}");

    [Fact]
    public void Packages_can_be_looked_after_by_fakeroot_in_an_overlay()
    {
        string overlay = Host.Directory(TestUser.First);
        As.Fakeroot.Run("exec", "--contain", "--overlay", overlay, DebianTree.Directory, "bash", "-c", "echo new > /etc/kerr-new && chown root:root /etc/kerr-new && cat /etc/kerr-new").Prints("new");
    }
}

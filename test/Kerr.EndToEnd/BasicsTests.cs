using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd;

/// <summary>A command in an image, by each profile.</summary>
public class BasicsTests
{
    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void Runs_a_program_of_a_directory_image(Profile profile)
        => As.By(profile).Run("exec", Images.Directory, "grep", "^ID", "/etc/os-release").Prints("ID=busybox-test");

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void Runs_a_program_of_a_SIF_image(Profile profile)
        => As.By(profile).Run("exec", Images.Sif, "grep", "^ID", "/etc/os-release").Prints("ID=busybox-test");

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    public void The_payload_is_the_process_that_was_started(Profile profile)
    {
        using Running running = As.By(profile).Start("exec", Images.Directory, "sh", "-c", "echo $$; exit 5");
        Result result = running.Wait().Ends(5);
        Assert.Equal(running.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture), result.Line);
    }
}

using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F14: where user namespaces are forbidden or used up, the message says so, and what to do.</summary>
public class F14_UserNamespacesTests
{
    [Fact]
    public void A_limit_of_zero_is_named_and_the_disk_is_not()
    {
        Result result = As.User.Having("userns-limit", "0").Run("exec", Images.Directory, "/bin/true")
            .IsFatal("user.max_user_namespaces is 0").Warns("sysctl -w user.max_user_namespaces=");
        Assert.DoesNotContain("No space left", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_that_is_reached_is_told_as_that()
    {
        Result result = As.User.Having("refuse-userns", "28").Run("exec", Images.Directory, "/bin/true")
            .IsFatal("the limit on user namespaces is reached").Warns("user.max_user_namespaces");
        Assert.DoesNotContain("No space left", result.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exec")]
    [InlineData("exec -C")]
    [InlineData("exec --fakeroot")]
    public void A_filter_that_forbids_them_is_told_as_that(string action)
        => As.User.Having("refuse-userns", "1").Run([.. action.Split(' '), Images.Directory, "/bin/true"])
            .IsFatal("this process may not create a user namespace").Warns("seccomp filter");

    [Fact]
    public void Root_needs_none()
        => As.Root.Having("refuse-userns", "1").Run("exec", Images.Directory, "/bin/echo", "here").Prints("here");

    [Fact]
    public void An_image_server_does_not_outlive_the_refusal()
        => As.User.Having("refuse-userns", "1").Run("exec", Images.Sif, "/bin/true").IsFatal("user namespace");
}

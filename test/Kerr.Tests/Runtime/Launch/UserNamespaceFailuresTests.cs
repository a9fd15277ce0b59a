using System;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;
using Xunit;

namespace Kerr.Tests.Runtime.Launch;

/// <summary>F14, F15: what is said when a host refuses a user namespace, by what the host's settings are.</summary>
public class UserNamespaceFailuresTests
{
    private const string Limit = "user.max_user_namespaces", Debian = "kernel.unprivileged_userns_clone",
        AppArmor = "kernel.apparmor_restrict_unprivileged_userns";

    [Theory]
    [InlineData(Errno.ENOSPC, Limit, "0", "user.max_user_namespaces is 0", "sysctl -w user.max_user_namespaces=")]
    [InlineData(Errno.EPERM, Limit, "0", "user.max_user_namespaces is 0", "sysctl -w user.max_user_namespaces=")]
    [InlineData(Errno.ENOSPC, Limit, "1", "the limit on user namespaces is reached", "raise user.max_user_namespaces")]
    [InlineData(Errno.EPERM, Debian, "0", "kernel.unprivileged_userns_clone is 0", "sysctl -w kernel.unprivileged_userns_clone=1")]
    [InlineData(Errno.EPERM, Debian, "1", "this process may not create a user namespace", "seccomp")]
    [InlineData(Errno.EPERM, AppArmor, "1", "AppArmor", "AppArmor profile")]
    [InlineData(Errno.EACCES, AppArmor, "1", "AppArmor", "kernel.apparmor_restrict_unprivileged_userns=0")]
    [InlineData(Errno.EPERM, AppArmor, "0", "this process may not create a user namespace", "seccomp")]
    [InlineData(Errno.ENOSPC, AppArmor, "1", "the limit on user namespaces is reached", "raise")]
    [InlineData(Errno.EUSERS, Limit, "9", "nested too deeply", "outside")]
    public void The_setting_that_explains_the_error_is_named_with_what_to_do(Errno errno, string setting, string value, string message, string remedy)
    {
        Failure failure = First(For(Host((setting, value))), errno);

        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_surest_explanation_comes_first()
    {
        MadeUpHost host = Host((Limit, "0"), (Debian, "0"), (AppArmor, "1"));
        Assert.Contains(Limit, First(For(host), Errno.EPERM).Message, StringComparison.Ordinal);

        host = Host((Debian, "0"), (AppArmor, "1"));
        Assert.Contains(Debian, First(For(host), Errno.EPERM).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_that_nothing_explains_is_still_told()
        => Assert.Equal("cannot create a user namespace", First(For(Host()), Errno.EIO).Message);

    [Theory]
    [InlineData(Errno.EPERM)]
    [InlineData(Errno.EACCES)]
    public void Where_AppArmor_takes_the_capabilities_away_the_first_mount_says_so(Errno errno)
    {
        // Ubuntu 24.04 lets the namespace be made.
        Failure failure = First(ForFirstMount(Host((AppArmor, "1"))), errno);
        Assert.Contains("AppArmor", failure.Message, StringComparison.Ordinal);
        Assert.Contains("`userns,`", failure.Remedy, StringComparison.Ordinal);

        failure = First(ForFirstMount(Host((AppArmor, "0"))), errno);
        Assert.Equal("cannot mount the session directory", failure.Message);
    }

    private static List<Failure> For(MadeUpHost host) => UserNamespaceFailures.For(host, UserNamespaceFailures.AppArmorRestricts(host));

    private static Failure[] ForFirstMount(MadeUpHost host) => UserNamespaceFailures.ForFirstMount(UserNamespaceFailures.AppArmorRestricts(host));

    private static MadeUpHost Host(params (string Setting, string Value)[] settings)
    {
        var host = new MadeUpHost();
        foreach ((string setting, string value) in settings)
        {
            host.Texts["/proc/sys/" + setting.Replace('.', '/')] = value;
        }

        return host;
    }

    /// <summary>As the starter chooses: the first that fits.</summary>
    private static Failure First(IReadOnlyList<Failure> failures, Errno errno)
    {
        foreach (Failure failure in failures)
        {
            if (failure.Errno == default || failure.Errno == errno)
            {
                return failure;
            }
        }

        throw new InvalidOperationException($"nothing fits {errno}");
    }
}

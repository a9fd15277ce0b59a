using Kerr.EndToEnd.Devices;
using Kerr.EndToEnd.Harness;
using Kerr.EndToEnd.Security;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

// The rows of checks that hold in each mode, with users in the setuid mode. S06, S19, S22, S33, S37, S39, S40, S47 are classes of their own, S02 is SetuidPolicyTests.

/// <summary>S01 in the setuid mode.</summary>
public sealed class S01_DeviceNodesInSetuidModeTests : S01_DeviceNodesTests, IClassFixture<SetuidUsers>;

/// <summary>S04 in the setuid mode.</summary>
public sealed class S04_ImageSymlinksInSetuidModeTests : S04_ImageSymlinksTests, IClassFixture<SetuidUsers>;

/// <summary>S05 in the setuid mode.</summary>
public sealed class S05_SwappedImageInSetuidModeTests : S05_SwappedImageTests, IClassFixture<SetuidUsers>;

/// <summary>S16 in the setuid mode.</summary>
public sealed class S16_NoKernelExtInSetuidModeTests : S16_NoKernelExtTests, IClassFixture<SetuidUsers>;

/// <summary>S23 in the setuid mode.</summary>
public sealed class S23_DescriptorsInSetuidModeTests : S23_DescriptorsTests, IClassFixture<SetuidUsers>;

/// <summary>S26 in the setuid mode.</summary>
public sealed class S26_SwappedTargetInSetuidModeTests : S26_SwappedTargetTests, IClassFixture<SetuidUsers>;

/// <summary>S27 in the setuid mode.</summary>
public sealed class S27_DeviceLinksInSetuidModeTests : S27_DeviceLinksTests, IClassFixture<SetuidUsers>;

/// <summary>S29 in the setuid mode.</summary>
public sealed class S29_CapabilitiesInSetuidModeTests : S29_CapabilitiesTests, IClassFixture<SetuidUsers>;

/// <summary>S31 in the setuid mode.</summary>
public sealed class S31_IdsInSetuidModeTests : S31_IdsTests, IClassFixture<SetuidUsers>;

/// <summary>S32 in the setuid mode.</summary>
public sealed class S32_NamesInSetuidModeTests : S32_NamesTests, IClassFixture<SetuidUsers>;

/// <summary>S36 in the setuid mode.</summary>
public sealed class S36_TerminalInputInSetuidModeTests : S36_TerminalInputTests, IClassFixture<SetuidUsers>;

/// <summary>S42 in the setuid mode.</summary>
public sealed class S42_HostileTargetsInSetuidModeTests : S42_HostileTargetsTests, IClassFixture<SetuidUsers>;

/// <summary>S44 in the setuid mode.</summary>
public sealed class S44_NameServiceInSetuidModeTests : S44_NameServiceTests, IClassFixture<SetuidUsers>;

/// <summary>S45 in the setuid mode.</summary>
public sealed class S45_OddCircumstancesInSetuidModeTests : S45_OddCircumstancesTests, IClassFixture<SetuidUsers>;

/// <summary>S17 in the setuid mode.</summary>
public sealed class S17_DropInSetuidModeTests(SetuidUsers users) : S17_DropTests, IClassFixture<SetuidUsers>
{
    protected override string Installed => users.Prefix;
}

/// <summary>S22 in the setuid mode, where our files are root's.</summary>
public sealed class S22_OwnFilesInSetuidModeTests(SetuidUsers users) : IClassFixture<SetuidUsers>
{
    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    [InlineData("--pid --no-init")]
    public void Executables_of_our_processes_cannot_be_written_from_inside(string options)
    {
        using Running waiting = As.User.Start("exec", "--pid", Images.Directory, "/bin/sh", "-c", "echo ready; exec /bin/sleep 30");
        waiting.WaitFor("ready");
        string[] words = options.Split(' ', System.StringSplitOptions.RemoveEmptyEntries);
        As.User.Run(["exec", .. words, "-B", $"{Programs.Hostile}:/hostile", "-B", $"{users.Prefix}:/ours", Images.Directory, "/hostile", "executables"]).Ends(1);
        As.User.Run(["exec", .. words, "-B", $"{users.Prefix}:/ours", Images.Directory, "/bin/sh", "-c", "for f in $(find /ours -xdev -type f); do (: >>$f) 2>/dev/null && echo $f; done; echo none"]).Prints("none");
        waiting.Signal(15).Wait();
    }
}

/// <summary>S43 in the setuid mode: nobody inside has the capability that changes groups.</summary>
public sealed class S43_DenyingGroupInSetuidModeTests : S43_DenyingGroupTests, IClassFixture<SetuidUsers>
{
    public override void With_one_id_mapped_groups_cannot_be_set()
        => As.User.Run("exec", "-C", Images.Directory, "/bin/sh", "-c", "cat /proc/self/setgroups; grep -c 'Cap[IPEBA].*\t0000000000000000' /proc/self/status").Prints("allow\n5");
}

/// <summary>What a hostile payload under <c>-C</c> may not reach, in the setuid mode.</summary>
public sealed class ContainedPayloadInSetuidModeTests : ContainedPayloadTests, IClassFixture<SetuidUsers>
{
    /// <summary>Here there is none: without -C the payload can what any process of the user can.</summary>
    public override void Without_it_these_are_closed_by_the_user_namespace(string attack)
        => As.User.Under(Programs.Victim, "sibling", "kerr-victim-of-a-test")
            .Run(["exec", "-B", $"{Programs.Hostile}:/hostile", Images.Directory, "/hostile", .. attack.Split(' ')]).Shows("reached: ");
}

/// <summary>Accelerators in the setuid mode.</summary>
public sealed class AcceleratorsInSetuidModeTests : AcceleratorTests, IClassFixture<SetuidUsers>;

/// <summary>Devices of CDI descriptions in the setuid mode.</summary>
public sealed class CdiInSetuidModeTests : CdiTests, IClassFixture<SetuidUsers>;

/// <summary>The host's MPI in the setuid mode.</summary>
public sealed class MpiInSetuidModeTests : MpiTests, IClassFixture<SetuidUsers>;

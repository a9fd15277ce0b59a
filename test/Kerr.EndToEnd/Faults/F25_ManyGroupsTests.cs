using System.Globalization;
using System.Linq;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F25: a user in more groups than 64.</summary>
public class F25_ManyGroupsTests
{
    [Theory]
    [InlineData(65)]
    [InlineData(1000)]
    public void The_groups_still_count_inside(int count)
    {
        int last = 50_000 + count - 1;
        string file = Host.Write(Host.Directory() + "/file", "for the last group\n");
        Host.Run("chown", "0:" + last.ToString(CultureInfo.InvariantCulture), file);
        Host.Run("chmod", "040", file);
        string groups = string.Join(',', Enumerable.Range(50_000, count));
        Caller member = As.User with
        {
            User = null,
            Wrapper =
            [
                "/usr/bin/setpriv", $"--reuid={TestUser.First.Name}", $"--regid={TestUser.First.Gid.ToString(CultureInfo.InvariantCulture)}", "--groups=" + groups, "--",
            ],
        };

        member.Run("exec", "-B", file + ":/mnt/file", Images.Directory, "/bin/cat", "/mnt/file").Prints("for the last group");
        As.User.Run("exec", "-B", file + ":/mnt/file", Images.Directory, "/bin/cat", "/mnt/file").Ends(1);
    }
}

using System;
using System.Collections.Generic;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F26: input, output and errors closed, in all combinations: the payload finds them so.</summary>
public class F26_ClosedStreamsTests
{
    public static TheoryData<int, string> Combinations
    {
        get
        {
            var rows = new TheoryData<int, string>();
            for (int open = 0; open < 8; open++)
            {
                rows.Add(open, "");
                rows.Add(open, "-C");
                rows.Add(open, "--pid --no-init");
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void The_payload_finds_them_as_they_were(int open, string options)
    {
        var changes = new List<string>();
        for (int i = 0; i < 3; i++)
        {
            if ((open >> i & 1) == 0)
            {
                changes.AddRange(["close", i.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            }
        }

        foreach (string image in (string[])[Images.Directory, Images.Sif])
        {
            As.User.Having([.. changes])
                .Run(["exec", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), "-B", Programs.Inherited + ":/inherited", image, "/inherited", "streams"])
                .Ends(open);
        }
    }
}

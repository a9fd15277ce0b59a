using System;
using System.Collections.Generic;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>Many launches, one after the other and all at once: each is whole, and nothing is left. (What stays is looked for after each test.)</summary>
public class ManyLaunchesTests
{
    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "-C")]
    public void Five_hundred_in_a_row_leave_nothing(bool sif, string options)
    {
        for (int i = 0; i < 500; i++)
        {
            As.User.Run(Line(sif, options, i)).Prints("launch " + i);
        }
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(false, "-C")]
    [InlineData(true, "")]
    public void A_hundred_at_once_leave_nothing(bool sif, string options)
    {
        var running = new List<Running>();
        for (int i = 0; i < 100; i++)
        {
            running.Add(As.User.Start(Line(sif, options, i)));
        }

        for (int i = 0; i < running.Count; i++)
        {
            running[i].Wait().Prints("launch " + i);
        }
    }

    private static string[] Line(bool sif, string options, int number)
        => ["exec", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), sif ? Images.Sif : Images.Directory, "/bin/echo", "launch", $"{number}"];
}

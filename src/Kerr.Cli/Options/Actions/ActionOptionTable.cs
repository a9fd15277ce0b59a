using System;
using System.Collections.Generic;

namespace Kerr.Cli.Options.Actions;

/// <summary>All options of the commands that start containers.</summary>
internal static class ActionOptionTable
{
    /// <summary>Those that the given command takes.</summary>
    internal static Option[] For(OptionScope command)
    {
        List<Option> found = new(capacity: 128);
        Add(found, MountOptions.All, command);
        Add(found, IsolationOptions.All, command);
        Add(found, PayloadOptions.All, command);
        Add(found, DeviceOptions.All, command);
        Add(found, LimitOptions.All, command);
        Add(found, ImageOptions.All, command);
        return [.. found];
    }

    internal static void Add(List<Option> found, ReadOnlySpan<Option> options, OptionScope command)
    {
        foreach (Option option in options)
        {
            if ((option.Scope & command) != 0)
            {
                found.Add(option);
            }
        }
    }
}

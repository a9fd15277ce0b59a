namespace Kerr.Cli.Options;

/// <summary>What the commands that start containers make of an option in this version.</summary>
internal enum OptionSupport
{
    Full,

    /// <summary>Refused: a launch would rely on it.</summary>
    Refused,

    /// <summary>Passed over: it changes how something is done that this version does not do.</summary>
    Ignored,
}

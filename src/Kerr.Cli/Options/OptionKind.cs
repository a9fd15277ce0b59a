namespace Kerr.Cli.Options;

/// <summary>What an option takes, and what a second occurrence of it does.</summary>
internal enum OptionKind
{
    /// <summary>On or off; needs no value, <c>--x=false</c> turns it off.</summary>
    Flag,

    /// <summary>One text; the last one counts.</summary>
    Text,

    /// <summary>One whole number; the last one counts.</summary>
    Number,

    /// <summary>A list separated by commas, with CSV quoting; occurrences add up.</summary>
    List,

    /// <summary>One text per occurrence, commas included.</summary>
    Repeated,

    /// <summary><c>NAME=value</c> pairs separated by commas; occurrences add up, the last one of a name counts.</summary>
    Map,
}

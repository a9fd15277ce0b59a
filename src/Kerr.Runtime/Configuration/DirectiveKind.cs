namespace Kerr.Runtime.Configuration;

/// <summary>What a directive of the configuration takes.</summary>
public enum DirectiveKind
{
    /// <summary>yes or no.</summary>
    YesNo,

    /// <summary>One of a few words.</summary>
    Choice,

    /// <summary>A whole number, not negative.</summary>
    Number,

    /// <summary>Any text, one line.</summary>
    Text,

    /// <summary>Texts separated by commas, on one line or several.</summary>
    List,
}

namespace Kerr.Cli.Console;

/// <summary>How much is said; the numbers are the peers', and what <c>MESSAGELEVEL</c> means.</summary>
internal enum LogLevel
{
    Fatal = -4,
    Error = -3,
    Warning = -2,

    /// <summary>What <c>--quiet</c> leaves.</summary>
    Quiet = -1,

    /// <summary>The default.</summary>
    Info = 1,

    Verbose = 2,

    /// <summary>What <c>--verbose</c> asks for.</summary>
    MostVerbose = 4,

    Debug = 5,
}

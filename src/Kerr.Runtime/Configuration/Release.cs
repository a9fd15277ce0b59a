namespace Kerr.Runtime.Configuration;

/// <summary>Which release this is. Its number is written at build time from Directory.Build.props.</summary>
public static partial class Release
{
    /// <summary>The peer's release whose command line and files are followed, with our own number behind a plus.</summary>
    public const string PeerNumber = "1.5.3+kerr." + Number;
}

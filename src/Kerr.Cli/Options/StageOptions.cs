namespace Kerr.Cli.Options;

/// <summary>Options of <c>image stage</c>.</summary>
internal static class StageOptions
{
    internal static readonly Option Directory = new("dir", 'd', OptionKind.Text, OptionScope.None,
        "where the node's copies are; else kerr-stage-UID in TMPDIR or /tmp")
    { ValueName = "PATH", Keys = ["STAGEDIR"] };

    internal static readonly Option MaxSize = new("max-size", '\0', OptionKind.Text, OptionScope.None,
        "how much all copies there may have; those not used for longest go (else as much as there is room)")
    { ValueName = "SIZE", Keys = ["STAGE_MAX_SIZE"] };

    internal static readonly Option Digest = new("digest", '\0', OptionKind.Text, OptionScope.None,
        "the sha256 that the image must have")
    { ValueName = "SHA256" };

    internal static readonly Option[] All = [Directory, MaxSize, Digest];
}

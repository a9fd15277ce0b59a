namespace Kerr.Cli.Options;

/// <summary>Where the value of an option came from: a flag, a variable, or nowhere.</summary>
/// <param name="Origin">The kind of place.</param>
/// <param name="Name">The flag as it is spelled (<c>--bind</c>) or the variable (<c>APPTAINER_BIND</c>); empty for defaults.</param>
internal readonly record struct ValueSource(ValueOrigin Origin, string Name)
{
    internal static ValueSource Default => new(ValueOrigin.Default, "");

    public override string ToString() => Origin switch
    {
        ValueOrigin.Flag => Name,
        ValueOrigin.Environment => $"${Name}",
        _ => "default",
    };
}

/// <summary>The kinds of places that a value comes from.</summary>
internal enum ValueOrigin
{
    Default,
    Flag,
    Environment,
}

namespace Kerr.Runtime.Environment;

/// <summary>A variable as exec passes it: bytes, one to a char; the name need not be one that a shell could use.</summary>
public readonly record struct EnvironmentVariable(string Name, string Value)
{
    /// <summary>Splits <c>NAME=value</c> at its first equals sign; null when there is none or nothing before it.</summary>
    public static EnvironmentVariable? Parse(string text)
    {
        int equals = text.IndexOf('=', System.StringComparison.Ordinal);
        return equals <= 0 ? null : new EnvironmentVariable(text[..equals], text[(equals + 1)..]);
    }

    public override string ToString() => $"{Name}={Value}";
}

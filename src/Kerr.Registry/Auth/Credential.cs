using System;
using System.Text;

namespace Kerr.Registry.Auth;

/// <summary>What a registry is told about who asks.</summary>
/// <param name="IsIdentityToken">The secret is a refresh token for the token service, not a password.</param>
public sealed record Credential(string User, string Secret, bool IsIdentityToken = false)
{
    /// <summary>As the Authorization header of RFC 7617 has it.</summary>
    public string Basic => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Secret}"));

    /// <summary>From the text of <c>auth</c> in a config.json; null where it holds none.</summary>
    internal static Credential? OfBasic(string? text)
    {
        try
        {
            string plain = Encoding.UTF8.GetString(Convert.FromBase64String(text ?? ""));
            int colon = plain.IndexOf(':');
            return colon < 0 ? null : new Credential(plain[..colon], plain[(colon + 1)..].TrimEnd('\0'));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Never the secret.</summary>
    public override string ToString() => User;
}

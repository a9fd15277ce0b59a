using System.Net.Http.Headers;

namespace Kerr.Registry.Library;

/// <summary>A library, and what the caller is known by there.</summary>
/// <param name="Address">With scheme, without a slash at its end: <c>https://library.example.org</c>.</param>
/// <param name="Token">Empty for none.</param>
public sealed record LibraryAddress(string Address, string Token)
{
    internal AuthenticationHeaderValue? Authorization => Token.Length > 0 ? new AuthenticationHeaderValue("Bearer", Token) : null;
}

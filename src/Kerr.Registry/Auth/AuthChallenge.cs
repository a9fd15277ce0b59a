using System;
using System.Collections.Generic;

namespace Kerr.Registry.Auth;

/// <summary>What a server wants to be told, from its WWW-Authenticate header, RFC 9110 §11.6.1.</summary>
internal sealed record AuthChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    internal string? Parameter(string name) => Parameters.GetValueOrDefault(name);

    /// <summary>The one that can be answered best: Bearer, else Basic; null where there is neither.</summary>
    internal static AuthChallenge? Choose(IEnumerable<string> headers)
    {
        AuthChallenge? basic = null;
        foreach (string header in headers)
        {
            foreach (AuthChallenge challenge in Parse(header))
            {
                if (challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
                {
                    return challenge;
                }

                if (challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
                {
                    basic = challenge;
                }
            }
        }

        return basic;
    }

    private static List<AuthChallenge> Parse(string header)
    {
        var challenges = new List<AuthChallenge>();
        Dictionary<string, string>? parameters = null;
        int at = 0;
        while (at < header.Length)
        {
            if (header[at] is ' ' or ',' or '\t')
            {
                at++;
                continue;
            }

            int start = at;
            while (at < header.Length && header[at] is not (' ' or ',' or '=' or '\t'))
            {
                at++;
            }

            string word = header[start..at];
            if (at < header.Length && header[at] == '=' && parameters is not null)
            {
                at++;
                parameters[word.ToLowerInvariant()] = Value(header, ref at);
            }
            else if (word.Length > 0)
            {
                parameters = new Dictionary<string, string>(StringComparer.Ordinal);
                challenges.Add(new AuthChallenge(word, parameters));
            }
            else
            {
                at++;
            }
        }

        return challenges;
    }

    private static string Value(string header, ref int at)
    {
        if (at >= header.Length || header[at] != '"')
        {
            int start = at;
            while (at < header.Length && header[at] is not (' ' or ','))
            {
                at++;
            }

            return header[start..at];
        }

        var value = new System.Text.StringBuilder();
        for (at++; at < header.Length && header[at] != '"'; at++)
        {
            if (header[at] == '\\' && at + 1 < header.Length)
            {
                at++;
            }

            value.Append(header[at]);
        }

        at++;
        return value.ToString();
    }
}

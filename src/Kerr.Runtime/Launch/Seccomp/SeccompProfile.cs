using System;
using System.Collections.Generic;
using System.Text.Json;
using Kerr.Linux;

namespace Kerr.Runtime.Launch.Seccomp;

/// <summary>A seccomp profile in the form that OCI tools share: JSON with a default action and rules per system call.</summary>
/// <remarks>
/// Understood: defaultAction, defaultErrnoRet, architectures, archMap, and syscalls with names (or name), action, errnoRet,
/// args, includes and excludes by architecture. Rules that a capability or kernel would unlock count as locked.
/// </remarks>
public static class SeccompProfile
{
    /// <summary>The filter program: an array of struct sock_filter.</summary>
    /// <exception cref="UserException">The profile cannot be read, or the library that compiles it is missing.</exception>
    public static byte[] Compile(string path, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(ByteText.ToUnicode(text));
            return Compile(document.RootElement);
        }
        catch (JsonException error)
        {
            throw new UserException($"seccomp profile {path} is no valid JSON: {error.Message}", "use a profile as Docker and Podman take them", error);
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new UserException($"seccomp profile {path} has a member of the wrong kind: {error.Message}", "use a profile as Docker and Podman take them", error);
        }
        catch (DllNotFoundException error)
        {
            throw new UserException("seccomp profiles need the library libseccomp, which is not installed", "install the package libseccomp2", error);
        }
    }

    private static byte[] Compile(JsonElement profile)
    {
        uint defaultAction = Action(profile, "defaultAction", "defaultErrnoRet");
        using SeccompFilter filter = new(defaultAction);
        AddArchitectures(profile, filter);
        if (profile.TryGetProperty("syscalls", out JsonElement rules))
        {
            foreach (JsonElement rule in rules.EnumerateArray())
            {
                if (Applies(rule))
                {
                    AddRule(filter, rule, defaultAction);
                }
            }
        }

        return filter.Export();
    }

    private static void AddArchitectures(JsonElement profile, SeccompFilter filter)
    {
        if (profile.TryGetProperty("architectures", out JsonElement architectures))
        {
            foreach (JsonElement name in architectures.EnumerateArray())
            {
                filter.AddArchitecture(name.GetString() ?? "");
            }
        }

        if (profile.TryGetProperty("archMap", out JsonElement map) && map.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement entry in map.EnumerateArray())
            {
                if (entry.GetProperty("architecture").GetString() is { } name && SeccompFilter.IsNative(name)
                    && entry.TryGetProperty("subArchitectures", out JsonElement others))
                {
                    foreach (JsonElement other in others.EnumerateArray())
                    {
                        filter.AddArchitecture(other.GetString() ?? "");
                    }
                }
            }
        }
    }

    private static bool Applies(JsonElement rule)
    {
        if (rule.TryGetProperty("includes", out JsonElement includes))
        {
            if (Has(includes, "caps") || (Has(includes, "arches") && !NamesHost(includes)))
            {
                return false;
            }
        }

        return !rule.TryGetProperty("excludes", out JsonElement excludes) || !(Has(excludes, "arches") && NamesHost(excludes));

        static bool Has(JsonElement element, string name)
            => element.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0;

        static bool NamesHost(JsonElement element)
        {
            foreach (JsonElement name in element.GetProperty("arches").EnumerateArray())
            {
                if (name.GetString() == Planning.Architecture.Host)
                {
                    return true;
                }
            }

            return false;
        }
    }

    private static void AddRule(SeccompFilter filter, JsonElement rule, uint defaultAction)
    {
        uint action = Action(rule, "action", "errnoRet");
        if (action == defaultAction)
        {
            return;     // libseccomp refuses a rule that changes nothing
        }

        var comparisons = new List<SeccompFilter.Comparison>();
        if (rule.TryGetProperty("args", out JsonElement arguments) && arguments.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement argument in arguments.EnumerateArray())
            {
                comparisons.Add(new SeccompFilter.Comparison(
                    argument.GetProperty("index").GetUInt32(), Operator(argument.GetProperty("op").GetString()),
                    argument.GetProperty("value").GetUInt64(),
                    argument.TryGetProperty("valueTwo", out JsonElement second) ? second.GetUInt64() : 0));
            }
        }

        if (rule.TryGetProperty("names", out JsonElement names) && names.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement name in names.EnumerateArray())
            {
                filter.Add(action, name.GetString() ?? "", comparisons);
            }
        }
        else if (rule.TryGetProperty("name", out JsonElement single))
        {
            filter.Add(action, single.GetString() ?? "", comparisons);
        }
    }

    private static uint Action(JsonElement element, string member, string errnoMember)
    {
        const uint operationNotPermitted = 1;
        uint errno = element.TryGetProperty(errnoMember, out JsonElement number) && number.ValueKind == JsonValueKind.Number
            ? number.GetUInt32() & 0xFFFF : operationNotPermitted;
        return element.GetProperty(member).GetString() switch
        {
            "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => 0x00000000,
            "SCMP_ACT_KILL_PROCESS" => 0x80000000,
            "SCMP_ACT_TRAP" => 0x00030000,
            "SCMP_ACT_ERRNO" => 0x00050000 | errno,
            "SCMP_ACT_TRACE" => 0x7ff00000 | errno,
            "SCMP_ACT_LOG" => 0x7ffc0000,
            "SCMP_ACT_ALLOW" => 0x7fff0000,
            var other => throw new FormatException($"action {other}"),
        };
    }

    private static int Operator(string? name) => name switch
    {
        "SCMP_CMP_NE" => 1,
        "SCMP_CMP_LT" => 2,
        "SCMP_CMP_LE" => 3,
        "SCMP_CMP_EQ" => 4,
        "SCMP_CMP_GE" => 5,
        "SCMP_CMP_GT" => 6,
        "SCMP_CMP_MASKED_EQ" => 7,
        _ => throw new FormatException($"operator {name}"),
    };
}

using System;
using System.Collections.Generic;

namespace Kerr.Runtime.Environment;

/// <summary>Decides which variables of the host go into a container.</summary>
public static class HostEnvironment
{
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private const string NewPrefix = "KERRENV_";
    private const string Prefix = "APPTAINERENV_";
    private const string OldPrefix = "SINGULARITYENV_";

    // The first that names a variable wins.
    private static string[] Prefixes => [NewPrefix, Prefix, OldPrefix];

    /// <summary>Joins the variables of <c>--env</c> with those of environment files, over which they win.</summary>
    public static IReadOnlyList<EnvironmentVariable> Merge(
        IReadOnlyList<EnvironmentVariable> options, IReadOnlyList<EnvironmentVariable> files, List<string> warnings)
    {
        List<EnvironmentVariable> merged = [];
        foreach (EnvironmentVariable variable in options)
        {
            if (variable.Name.Length == 0)
            {
                warnings.Add($"Ignore environment variable ={variable.Value}: variable name missing");
            }
            else
            {
                Put(merged, variable);
            }
        }

        foreach (EnvironmentVariable variable in files)
        {
            if (IndexOf(options, variable.Name) >= 0)
            {
                warnings.Add($"Ignored environment file variable {variable.Name}: override from --env");
            }
            else
            {
                Put(merged, variable);
            }
        }

        return merged;
    }

    public static HostEnvironmentResult Decide(HostEnvironmentRequest request)
    {
        Decision decision = new(request);
        decision.Inject();
        decision.Forward();
        return new(decision.Forwarded, decision.Injected, decision.Changes, decision.Warnings, decision.Notes);
    }

    private static bool IsAlwaysPassed(string name) => name is "TERM" or "http_proxy" or "HTTP_PROXY" or "https_proxy"
        or "HTTPS_PROXY" or "no_proxy" or "NO_PROXY" or "all_proxy" or "ALL_PROXY" or "ftp_proxy" or "FTP_PROXY";

    private static bool IsRuntimes(string name) => name is "HOME" or "PATH" or "APPTAINER_SHELL" or "APPTAINER_APPNAME"
        or "SINGULARITY_SHELL" or "SINGULARITY_APPNAME";

    private static bool IsSetting(string name) => name.StartsWith("APPTAINER_", StringComparison.Ordinal)
        || name.StartsWith("SINGULARITY_", StringComparison.Ordinal) || name.StartsWith("KERR_", StringComparison.Ordinal);

    private static int IndexOf(IReadOnlyList<EnvironmentVariable> list, string name)
    {
        for (int i = 0; i < list.Count; i++)
        {
            if (list[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    private static void Put(List<EnvironmentVariable> list, EnvironmentVariable variable)
    {
        int index = IndexOf(list, variable.Name);
        if (index < 0)
        {
            list.Add(variable);
        }
        else
        {
            list[index] = variable;
        }
    }

    /// <summary>One decision while it is being made.</summary>
    private sealed class Decision(HostEnvironmentRequest request)
    {
        private readonly Dictionary<string, int> _places = [];

        // Variables of the old prefix whose value is told to be passed over.
        private readonly HashSet<string> _told = [];

        internal List<EnvironmentVariable> Forwarded { get; } = [];

        internal List<EnvironmentVariable> Injected { get; } = [];

        internal List<EnvironmentChange> Changes { get; } = [];

        internal List<string> Warnings { get; } = [];

        internal List<string> Notes { get; } = [];

        internal void Inject()
        {
            foreach (EnvironmentVariable variable in request.User)
            {
                Inject("--env or --env-file", variable, "--env or --env-file");
            }

            NoteOldPrefix();
            foreach (string prefix in Prefixes)
            {
                foreach (EnvironmentVariable variable in request.Host)
                {
                    if (variable.Name.Length > prefix.Length && variable.Name.StartsWith(prefix, StringComparison.Ordinal))
                    {
                        string name = variable.Name[prefix.Length..];
                        if (prefix == OldPrefix || IndexOf(request.User, name) < 0)
                        {
                            Inject(variable.Name, variable with { Name = name }, variable.Name);
                        }
                    }
                }
            }
        }

        private void Inject(string source, EnvironmentVariable variable, string reason)
        {
            string name = variable.Name switch
            {
                "PREPEND_PATH" => "SING_USER_DEFINED_PREPEND_PATH",
                "APPEND_PATH" => "SING_USER_DEFINED_APPEND_PATH",
                "PATH" => "SING_USER_DEFINED_PATH",
                _ => variable.Name,
            };
            if (name == variable.Name && IsRuntimes(name))
            {
                Warnings.Add($"Overriding {name} environment variable with {source} is not permitted");
                Changes.Add(new(name, null, $"{reason} refused: {name} is set by the runtime"));
                return;
            }

            int index = IndexOf(Injected, name);
            if (index >= 0)
            {
                string other = Injected[index].Value;
                if (other != variable.Value && !_told.Contains(source))
                {
                    Warnings.Add($"Skipping environment variable [{source}={variable.Value}], "
                        + $"{name} is already overridden with different value [{other}]");
                }

                return;
            }

            Injected.Add(new(name, variable.Value));
            Changes.Add(new(name, variable.Value, reason));
        }

        private void NoteOldPrefix()
        {
            foreach (EnvironmentVariable variable in request.Host)
            {
                if (!variable.Name.StartsWith(OldPrefix, StringComparison.Ordinal) || variable.Name.Length == OldPrefix.Length)
                {
                    continue;
                }

                string name = variable.Name[OldPrefix.Length..];
                int user = IndexOf(request.User, name);
                int host = IndexOf(request.Host, Prefix + name);
                if (user < 0 && host < 0)
                {
                    Notes.Add($"Environment variable {variable.Name} is set, but {Prefix}{name} is preferred");
                }
                else if ((user >= 0 ? request.User[user] : request.Host[host]).Value != variable.Value)
                {
                    string used = user >= 0 ? "--env or --env-file" : Prefix + name;
                    Warnings.Add($"{variable.Name} and {used} have different values, using the latter");
                    _told.Add(variable.Name);
                }
            }
        }

        internal void Forward()
        {
            if (request.CleanEnvironment)
            {
                Put("LANG", "C", "--cleanenv");
            }

            foreach (EnvironmentVariable variable in request.Host)
            {
                if (variable.Name.Length > 0 && !IsSetting(variable.Name) && !HasPrefix(variable.Name))
                {
                    Forward(variable);
                }
            }

            foreach (EnvironmentVariable variable in request.Runtime)
            {
                Put(variable.Name, variable.Value, "runtime");
            }

            Put("HOME", request.Home, "home directory in the container");
            Put("PATH", DefaultPath, "default");
        }

        private static bool HasPrefix(string name)
        {
            foreach (string prefix in Prefixes)
            {
                if (name.StartsWith(prefix, StringComparison.Ordinal))
                {
                    return true;
                }
            }

            return false;
        }

        private void Forward(EnvironmentVariable variable)
        {
            string name = variable.Name;
            if (IsAlwaysPassed(name))
            {
                Put(name, variable.Value, "host");
            }
            else if (name is "HOME" or "PATH")
            {
                // Their values inside are the runtime's, and are recorded as such.
            }
            else if (name == "LD_LIBRARY_PATH")
            {
                Changes.Add(new(name, null, "host value withheld: it names directories of the host"));
            }
            else if (Contains(request.Withheld, name))
            {
                Changes.Add(new(name, null, "host value withheld: --no-env"));
            }
            else if (request.CleanEnvironment && request.Kept?.Invoke(name) is true)
            {
                Put(name, variable.Value, "host: a rank is told by it who it is");
            }
            else if (request.CleanEnvironment)
            {
                Changes.Add(new(name, null, "host value withheld: --cleanenv"));
            }
            else
            {
                Put(name, variable.Value, "host");
            }
        }

        private static bool Contains(IReadOnlyList<string> names, string name)
        {
            foreach (string candidate in names)
            {
                if (candidate == name)
                {
                    return true;
                }
            }

            return false;
        }

        /// <summary>Sets a variable unless an injected one of the same name will be there.</summary>
        private void Put(string name, string value, string reason)
        {
            if (IndexOf(Injected, name) >= 0)
            {
                return;
            }

            if (_places.TryAdd(name, Forwarded.Count))
            {
                Forwarded.Add(new(name, value));
            }
            else
            {
                Forwarded[_places[name]] = new(name, value);
            }

            Changes.Add(new(name, value, reason));
        }
    }
}

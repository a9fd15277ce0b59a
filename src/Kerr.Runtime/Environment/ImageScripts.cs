using System;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Runtime.Environment.Shell;

namespace Kerr.Runtime.Environment;

/// <summary>Computes the environment of a payload from an image's scripts, without a shell.</summary>
/// <remarks>
/// Order: almost nothing of the host is visible to the scripts; they run by name; after <c>99-base.sh</c> come the injected
/// variables; then PATH and LD_LIBRARY_PATH are finished; last, host variables fill in what the image left unset.
/// Two things differ from the peers, who lose something there: PATH has its default from the start, and injected variables
/// arrive in images that have scripts but no <c>99-base.sh</c>.
/// </remarks>
public static class ImageScripts
{
    internal const string LibraryDirectory = "/.singularity.d/libs";
    internal const string Prompt = "Apptainer> ";
    internal const string CustomEnvironment = "/.singularity.d/env/91-environment.sh";
    internal const string OldScript = "/environment";

    /// <summary>The reason of a variable that the image left as it was handed in.</summary>
    internal const string Forwarded = "host or runtime";

    /// <summary><c>$0</c> of the scripts.</summary>
    internal const string ShellName = "/.singularity.d/actions/exec";

    /// <exception cref="ShellUnsupportedException">The image's own shell has to do it; see <see cref="ImageScriptText"/>.</exception>
    /// <exception cref="UserException">An injected value is no shell text.</exception>
    public static ImageEnvironment Evaluate(ImageScriptsRequest request, IShellFiles files)
    {
        try
        {
            return new Evaluation(request, files).Run();
        }
        catch (ShellErrorException error)
        {
            // How far a broken script gets, and what it says, is the shell's to decide.
            throw new ShellUnsupportedException(error.File, error.Line, error.What);
        }
    }

    /// <summary>Variables that scripts see; all others of the host come in only when they have ended.</summary>
    internal static bool IsVisible(string name) => name is "PWD" or "HOME" or "OPTIND" or "UID" or "GID"
        or "SINGULARITY_APPNAME" or "SINGULARITY_SHELL" || IsFixed(name);

    /// <summary>Variables that scripts see and cannot change, under the names of both peers.</summary>
    internal static bool IsFixed(string name) => name is "APPTAINER_NAME" or "APPTAINER_CONTAINER" or "APPTAINER_INSTANCE"
        or "SINGULARITY_NAME" or "SINGULARITY_CONTAINER" or "SINGULARITY_INSTANCE";

    internal static bool IsFixed(EnvironmentVariable variable) =>
        IsFixed(variable.Name) || variable is { Name: "SINGULARITY_APPNAME", Value.Length: > 0 };

    /// <summary>The scripts that a shell's <c>*.sh</c> would find, in its order.</summary>
    internal static List<ImageScript> Ordered(IReadOnlyList<ImageScript> scripts)
    {
        List<ImageScript> ordered = [];
        foreach (ImageScript script in scripts)
        {
            string name = script.Name;
            if (script.Path == OldScript || (name.EndsWith(".sh", StringComparison.Ordinal) && name[0] != '.'))
            {
                ordered.Add(script);
            }
        }

        ordered.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return ordered;
    }

    /// <summary>The value to be injected: a list of libraries keeps those of the host at its end.</summary>
    internal static EnvironmentVariable ToInject(EnvironmentVariable variable) =>
        variable is { Name: "LD_LIBRARY_PATH", Value.Length: > 0 }
            ? variable with { Value = variable.Value + ":" + LibraryDirectory }
            : variable;

    /// <summary>Variables that belong to the shell: injecting them would be an error in some.</summary>
    internal static bool IsShells(string name) => name is "UID" or "GID" or "EUID" or "PPID" or "SHELLOPTS" or "BASHOPTS"
        or "BASH_VERSINFO" or "OPTIND" or "IFS" or "PWD" or "OLDPWD";

    /// <summary>One computation.</summary>
    private sealed class Evaluation(ImageScriptsRequest request, IShellFiles files)
    {
        private readonly ShellVariables _variables = new();
        private readonly List<EnvironmentVariable> _unnameable = [];
        private ShellInterpreter _shell = null!;
        private bool _injected;

        internal ImageEnvironment Run()
        {
            Prepare();
            foreach (ImageScript script in Ordered(request.Scripts))
            {
                Run(script);
            }

            if (!_injected)
            {
                Inject();
            }

            FinishSearchPath();
            FinishLibraries();
            Dictionary<string, string> removed = RestoreHost();
            FinishPrompt();
            string environment = _variables.Get("APPTAINER_ENVIRONMENT") is { Length: > 0 } own ? own : CustomEnvironment;
            _variables.Export("APPTAINER_ENVIRONMENT", environment, "runtime");
            _variables.Export("SINGULARITY_ENVIRONMENT", environment, "runtime");
            return Result(removed);
        }

        private void Prepare()
        {
            foreach (EnvironmentVariable variable in request.Forwarded)
            {
                if (IsVisible(variable.Name))
                {
                    _variables.Export(variable.Name, variable.Value, Origin(variable.Name));
                    _variables.Declare(variable.Name).ReadOnly = IsFixed(variable);
                }
            }

            _variables.Export("PWD", request.WorkingDirectory, "working directory");
            _variables.Export("PATH", HostEnvironment.DefaultPath, "default");
            _variables.Set("IFS", " \t\n", "shell");
            ShellIdentity.Set(_variables, request.Uid, request.Gid);
            _shell = new ShellInterpreter(_variables, new ShellOptions
            {
                Name = ShellName,
                Arguments = request.Arguments,
                Files = files,
            });
        }

        private static string Origin(string name) => name == "HOME" ? "home directory in the container" : Forwarded;

        private void Run(ImageScript script)
        {
            // What this one does is the runtime's business, whichever release of the peers wrote it.
            if (script.Name == "99-runtimevars.sh")
            {
                return;
            }

            _shell.Run(ByteText.FromNative(script.Text), script.Path);
            switch (script.Name)
            {
                case "10-docker.sh" or "10-docker2singularity.sh":
                    FixSearchPath();
                    break;
                case "99-base.sh":
                    Inject();
                    break;
                case "environment" when script.Path == OldScript:
                    FixSearchPath();
                    break;
            }
        }

        private void FixSearchPath() =>
            _variables.Export("PATH", SearchPath.WithDefaults(_variables.Get("PATH") ?? ""), OriginOf("PATH"));

        private string OriginOf(string name) => _variables.Find(name)?.Origin is { Length: > 0 } origin ? origin : "runtime";

        private void Inject()
        {
            if (_injected)
            {
                return;
            }

            _injected = true;
            if (_variables.Get("PATH") is null)
            {
                _variables.Export("PATH", HostEnvironment.DefaultPath, "default");
            }

            foreach (EnvironmentVariable given in request.Injected)
            {
                EnvironmentVariable variable = ToInject(given);
                if (!ShellParser.IsName(variable.Name))
                {
                    // No shell could hold it, so none could evaluate it either.
                    _unnameable.Add(variable);
                }
                else if (!IsShells(variable.Name))
                {
                    _variables.Export(variable.Name, Value(variable), "injected");
                }
            }

            AddLibraryDirectories();
        }

        private string Value(EnvironmentVariable variable)
        {
            if (request.NoEvaluation || InjectedValue.IsPlain(variable.Value))
            {
                return variable.Value;
            }

            Word word = InjectedValue.Parse(variable);
            try
            {
                return _shell.Evaluate(word, $"environment variable {variable.Name}");
            }
            catch (ShellErrorException error)
            {
                throw InjectedValue.Unusable(variable, error);
            }
        }

        /// <summary>
        /// Libraries of the host should be searched last, and LD_LIBRARY_PATH comes before the system's directories: so
        /// those are put before it, as ldconfig lists them. Only running it in the image tells.
        /// </summary>
        private void AddLibraryDirectories()
        {
            bool wanted = request.HasHostLibraries || !IsEmpty("PREPEND_LD_LIBRARY_PATH") || !IsEmpty("APPEND_LD_LIBRARY_PATH");
            if (wanted && _variables.Get("LD_LIBRARY_PATH") == LibraryDirectory
                && files.Look("/sbin/ldconfig") is not (ShellFileFact.Missing or ShellFileFact.File))
            {
                throw new ShellUnsupportedException(
                    "LD_LIBRARY_PATH", 1, "/sbin/ldconfig -Nv", ShellRefusal.Command);
            }
        }

        private bool IsEmpty(string name) => string.IsNullOrEmpty(_variables.Get(name));

        private void FinishSearchPath()
        {
            string path = _variables.Get("PATH") ?? "";
            string origin = OriginOf("PATH");
            if (_variables.Get("SING_USER_DEFINED_PREPEND_PATH") is { Length: > 0 } first)
            {
                path = $"{first}:{path}";
                origin = "injected";
            }

            if (_variables.Get("SING_USER_DEFINED_APPEND_PATH") is { Length: > 0 } last)
            {
                path = $"{path}:{last}";
                origin = "injected";
            }

            if (_variables.Get("SING_USER_DEFINED_PATH") is { Length: > 0 } whole)
            {
                path = whole;
                origin = "injected";
            }

            _variables.Unset("SING_USER_DEFINED_PREPEND_PATH");
            _variables.Unset("SING_USER_DEFINED_APPEND_PATH");
            _variables.Unset("SING_USER_DEFINED_PATH");
            _variables.Export("PATH", path, origin);
        }

        private void FinishLibraries()
        {
            if (request.HasHostLibraries32)
            {
                string before = IsEmpty("LD_LIBRARY_PATH") ? "" : _variables.Get("LD_LIBRARY_PATH") + ":";
                _variables.Export("LD_LIBRARY_PATH", before + LibraryDirectory + "32", "32-bit libraries of the host");
            }

            if (request.HasHostLibraries && !$":{_variables.Get("LD_LIBRARY_PATH")}:".Contains($":{LibraryDirectory}:", StringComparison.Ordinal))
            {
                // Scripts of the peers' images name the directory; other images would get libraries that nobody finds.
                string own = IsEmpty("LD_LIBRARY_PATH") ? "" : _variables.Get("LD_LIBRARY_PATH") + ":";
                _variables.Export("LD_LIBRARY_PATH", own + LibraryDirectory, "libraries of the host");
            }

            if (request.FirstLibraryDirectories.Count > 0)
            {
                string after = IsEmpty("LD_LIBRARY_PATH") ? "" : ":" + _variables.Get("LD_LIBRARY_PATH");
                _variables.Export("LD_LIBRARY_PATH", string.Join(':', request.FirstLibraryDirectories) + after, "libraries of the host that come first");
            }

            if (IsEmpty("LD_LIBRARY_PATH"))
            {
                return;
            }

            if (!IsEmpty("PREPEND_LD_LIBRARY_PATH"))
            {
                string value = $"{_variables.Get("PREPEND_LD_LIBRARY_PATH")}:{_variables.Get("LD_LIBRARY_PATH")}";
                _variables.Set("LD_LIBRARY_PATH", value, "injected");
            }

            if (!IsEmpty("APPEND_LD_LIBRARY_PATH"))
            {
                string value = $"{_variables.Get("LD_LIBRARY_PATH")}:{_variables.Get("APPEND_LD_LIBRARY_PATH")}";
                _variables.Set("LD_LIBRARY_PATH", value, "injected");
            }
        }

        /// <summary>Host variables come back where no script set them; an empty value of a script removes them.</summary>
        private Dictionary<string, string> RestoreHost()
        {
            Dictionary<string, string> removed = [];
            foreach (EnvironmentVariable variable in request.Forwarded)
            {
                string name = variable.Name;
                if (!ShellParser.IsName(name))
                {
                    _unnameable.Add(variable);
                    continue;
                }

                ShellVariable? found = _variables.Find(name);
                if (found?.Value is null)
                {
                    _variables.Export(name, variable.Value, Origin(name));
                }
                else if (found.Value.Length == 0)
                {
                    removed[name] = $"made empty by {found.Origin}";
                    _variables.Unset(name);
                }
                else if (!found.Exported)
                {
                    removed[name] = $"set without export by {found.Origin}";
                }
            }

            return removed;
        }

        private void FinishPrompt()
        {
            if (IsEmpty("PS1"))
            {
                _variables.Export("PS1", Prompt, "runtime");
            }

            // bash reads its startup files after this environment, and they set PS1 anew; the command comes after them.
            string prompt = _variables.Get("PS1")!;
            string command = IsEmpty("PROMPT_COMMAND")
                ? $"PS1=\"{prompt}\"; unset PROMPT_COMMAND"
                : $"{_variables.Get("PROMPT_COMMAND")}; PROMPT_COMMAND=\"${{PROMPT_COMMAND%%; PROMPT_COMMAND=*}}\"; PS1=\"{prompt}\"";
            _variables.Export("PROMPT_COMMAND", command, "runtime");
        }

        private ImageEnvironment Result(Dictionary<string, string> removed)
        {
            List<EnvironmentChange> changes = [];
            foreach ((string name, ShellVariable variable) in _variables.All)
            {
                if (variable is { Exported: true, Value: not null })
                {
                    changes.Add(new(name, variable.Value, variable.Origin));
                }
            }

            foreach (EnvironmentVariable variable in _unnameable)
            {
                changes.Add(new(variable.Name, variable.Value, "host or injected; its name is none that a shell could set"));
            }

            foreach ((string name, string reason) in removed)
            {
                changes.Add(new(name, null, reason));
            }

            changes.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
            List<EnvironmentVariable> all = new(changes.Count);
            foreach (EnvironmentChange change in changes)
            {
                if (change.Value is not null)
                {
                    all.Add(new(change.Name, change.Value));
                }
            }

            return new(all, changes, _shell.Messages);
        }
    }
}

using System;
using System.Collections.Generic;
using Kerr.Build.Definition;

namespace Kerr.Build.Metadata;

/// <summary>Whether the same definition gives the same bytes another time, judged by the commands of its scripts.</summary>
internal static class Determinism
{
    /// <summary>Under which label <c>inspect</c> tells it.</summary>
    internal const string Label = "org.kerr.reproducible";

    // What these do depends on when and where they run, or on what others publish meanwhile.
    private static readonly HashSet<string> s_changing = new(StringComparer.Ordinal)
    {
        "apt", "apt-get", "aptitude", "dpkg", "dpkg-reconfigure", "rpm", "yum", "dnf", "microdnf", "tdnf", "zypper", "apk", "pacman", "emerge", "xbps-install",
        "pip", "pip2", "pip3", "uv", "conda", "mamba", "micromamba", "npm", "yarn", "pnpm", "gem", "cargo", "go", "cpan", "cpanm", "R", "Rscript",
        "julia", "spack", "guix", "nix", "curl", "wget", "git", "svn", "hg", "rsync", "scp", "date", "uuidgen", "mktemp", "openssl", "ssh-keygen",
        "gpg", "shuf", "hostname", "update-ca-certificates", "ldconfig", "make", "cmake", "ninja", "gcc", "g++", "cc", "c++", "clang", "python", "python3", "perl",
    };

    // What these do depends on their arguments and the files before them only.
    private static readonly HashSet<string> s_steady = new(StringComparer.Ordinal)
    {
        "echo", "printf", "cat", "cp", "mv", "ln", "rm", "mkdir", "rmdir", "touch", "chmod", "chown", "chgrp", "install", "sed", "grep", "awk", "tr", "cut",
        "head", "tail", "sort", "uniq", "wc", "tee", "test", "[", "[[", "true", "false", ":", "cd", "pwd", "set", "export", "unset", "umask", "ls", "find",
        "tar", "gzip", "gunzip", "xz", "unxz", "zstd", "bzip2", "unzip", "seq", "basename", "dirname", "readlink", "id", "sync", "useradd", "groupadd", "adduser",
        "addgroup", "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "{", "}", "!", "exit", "return", "sha256sum", "md5sum",
    };

    /// <summary>The verdict as a text that begins with yes, no or unknown.</summary>
    internal static (bool? Known, string Text) Of(DefinitionFile definition)
    {
        string? unknown = null;
        foreach (DefinitionStage stage in definition.Stages)
        {
            if (BootstrapChanges(stage.Bootstrap))
            {
                return (false, $"no: bootstrap {stage.Bootstrap} takes what its mirror has at the time");
            }

            foreach ((string name, string text) in Scripts(stage))
            {
                foreach (string command in Commands(text))
                {
                    string program = command[(command.LastIndexOf('/') + 1)..];
                    if (s_changing.Contains(program))
                    {
                        return (false, $"no: %{name} runs {program}");
                    }

                    if (!s_steady.Contains(program))
                    {
                        unknown ??= $"unknown: %{name} runs {program}";
                    }
                }
            }
        }

        return unknown is null ? (true, "yes") : (null, unknown);
    }

    private static bool BootstrapChanges(string agent)
        => agent is "debootstrap" or "yum" or "dnf" or "zypper" or "arch" or "pacstrap" or "buildkit" or "dockerfile";

    private static IEnumerable<(string Name, string Text)> Scripts(DefinitionStage stage)
    {
        yield return ("setup", stage.Text("setup"));
        yield return ("post", stage.Text("post"));
        foreach (DefinitionApp app in stage.Apps)
        {
            yield return ("appinstall " + app.Name, app.Text("install"));
        }
    }

    /// <summary>The words that stand where commands do; good enough for a judgement that may say it does not know.</summary>
    private static IEnumerable<string> Commands(string script)
    {
        foreach (string line in script.Split('\n'))
        {
            string text = line.Trim();
            if (text.StartsWith('#'))
            {
                continue;
            }

            foreach (string part in text.Split([";", "&&", "||", "|", "$(", "`", "(", ")"], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                foreach (string word in part.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
                {
                    bool prefix = word is "sudo" or "env" or "nice" or "time" or "exec" or "command" or "then" or "do" or "else" or "if" or "while" or "until" or "!" or "{" or "}";
                    if (!prefix && !IsAssignment(word))
                    {
                        string plain = word.Trim('"', '\'');
                        if (plain.Length > 0 && (char.IsAsciiLetter(plain[0]) || plain[0] is '/' or '.' or '[' or ':' or '$'))
                        {
                            yield return plain;
                        }

                        break;
                    }
                }
            }
        }
    }

    private static bool IsAssignment(string word)
        => word.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && !word.AsSpan(0, equals).ContainsAny(" \"'$/");
}

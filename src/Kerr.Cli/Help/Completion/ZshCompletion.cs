using System;
using System.Text;

namespace Kerr.Cli.Help.Completion;

/// <summary>The completion script for zsh: names with what they do.</summary>
internal static class ZshCompletion
{
    internal static string Script()
    {
        StringBuilder text = new();
        text.Append("""
            #compdef kerr apptainer singularity
            # Completion of kerr for zsh, made by `kerr completion zsh`.

            # Sets what may follow the given words of a command: commands, options, and which options take a value.
            _kerr_state() {
                following=() flags=() values=
                case $1 in

            """);
        foreach (CompletionState state in CompletionState.All())
        {
            text.Append("        ").Append(BashCompletion.Pattern(state)).Append(")\n            following=(");
            foreach ((string name, string summary) in state.Commands)
            {
                text.Append("\n                ").Append(Described(name, summary));
            }

            text.Append(")\n            flags=(");
            foreach (CompletedOption option in state.Options)
            {
                text.Append("\n                ").Append(Described("--" + option.Name, option.Help));
                if (option.Letter != '\0')
                {
                    text.Append(' ').Append(Described($"-{option.Letter}", option.Help));
                }
            }

            text.Append(")\n            values='").AppendJoin(' ', BashCompletion.Options(state, valuesOnly: true)).Append("' ;;\n");
        }

        return text.Append("""
                esac
            }

            _kerr() {
                # The names commands and options are taken in zsh.
                local word=${words[CURRENT]} state= at i values
                local -a following flags names
                _kerr_state ''
                for ((i = 2; i < CURRENT; i++)); do
                    at=${words[i]}
                    names=(${following%%:*})
                    if [[ " $values " == *" $at "* ]]; then
                        ((i++))
                    elif [[ $at == -- ]]; then
                        _files
                        return
                    elif [[ $at == -* ]]; then
                        continue
                    elif (( ${names[(Ie)$at]} )) || [[ -z $state && $at == siftool ]]; then
                        state=${state:+$state }$at
                        _kerr_state "$state"
                    else
                        _files
                        return
                    fi
                done
                # Beyond the word: it is the value of an option, a file as a rule.
                if ((i > CURRENT)); then
                    _files
                elif [[ $word == -* ]]; then
                    _describe -o option flags
                elif (( ${#following} )); then
                    _describe command following
                else
                    _files
                fi
            }

            # Loaded by compinit, the file is the function; read by `source`, it must say what it completes.
            if [[ $funcstack[1] == _kerr ]]; then
                _kerr "$@"
            else
                compdef _kerr kerr apptainer singularity
            fi

            """).ToString();
    }

    private static string Described(string name, string help)
        => Quoted($"{name.Replace(":", "\\:", StringComparison.Ordinal)}:{help}");

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

using System.Collections.Generic;
using System.Text;

namespace Kerr.Cli.Help.Completion;

/// <summary>The completion script for bash.</summary>
internal static class BashCompletion
{
    internal static string Script()
    {
        StringBuilder text = new();
        text.Append("""
            # Completion of kerr for bash, made by `kerr completion bash`.

            # Sets what may follow the given words of a command: commands, options, and which options take a value.
            _kerr_state() {
                commands= options= values=
                case $1 in

            """);
        foreach (CompletionState state in CompletionState.All())
        {
            text.Append("        ").Append(Pattern(state)).Append(")\n");
            text.Append("            commands='").AppendJoin(' ', Names(state)).Append("'\n");
            text.Append("            options='").AppendJoin(' ', Options(state, valuesOnly: false)).Append("'\n");
            text.Append("            values='").AppendJoin(' ', Options(state, valuesOnly: true)).Append("' ;;\n");
        }

        text.Append("""
                esac
            }

            _kerr() {
                local word=${COMP_WORDS[COMP_CWORD]} state= at i commands options values
                COMPREPLY=()
                _kerr_state ''
                for ((i = 1; i < COMP_CWORD; i++)); do
                    at=${COMP_WORDS[i]}
                    if [[ " $values " == *" $at "* ]]; then
                        ((i++))
                        [[ ${COMP_WORDS[i]} == = ]] && ((i++))
                    elif [[ $at == -- ]]; then
                        return
                    elif [[ $at == -* || $at == = ]]; then
                        continue
                    elif [[ " $commands " == *" $at "* || ( -z $state && $at == siftool ) ]]; then
                        state=${state:+$state }$at
                        _kerr_state "$state"
                    else
                        return
                    fi
                done
                # Beyond the word: it is the value of an option, a file as a rule.
                ((i > COMP_CWORD)) && return
                if [[ $word == -* ]]; then
                    COMPREPLY=($(compgen -W "$options" -- "$word"))
                elif [[ -n $commands ]]; then
                    COMPREPLY=($(compgen -W "$commands" -- "$word"))
                fi
            }

            complete -o bashdefault -o default -F _kerr kerr apptainer singularity

            """);
        return text.ToString();
    }

    /// <summary>The words of a state as a pattern of <c>case</c>, for bash and zsh: <c>'sif'|'siftool'</c>.</summary>
    internal static string Pattern(CompletionState state)
    {
        string pattern = $"'{state.Path}'";
        foreach (string alias in state.Aliases)
        {
            pattern += $"|'{alias}'";
        }

        return pattern;
    }

    /// <summary>Options as they are typed, both forms; with <paramref name="valuesOnly"/> those that the next word belongs to.</summary>
    internal static IEnumerable<string> Options(CompletionState state, bool valuesOnly)
    {
        foreach (CompletedOption option in state.Options)
        {
            if (valuesOnly && !option.TakesValue)
            {
                continue;
            }

            yield return "--" + option.Name;
            if (option.Letter != '\0')
            {
                yield return $"-{option.Letter}";
            }
        }
    }

    private static IEnumerable<string> Names(CompletionState state)
    {
        foreach ((string name, _) in state.Commands)
        {
            yield return name;
        }
    }
}

using System;
using System.Collections.Generic;
using System.Text;

namespace Kerr.Cli.Help.Completion;

/// <summary>The completion script for fish: names with what they do.</summary>
internal static class FishCompletion
{
    internal static string Script()
    {
        List<CompletionState> states = CompletionState.All();
        StringBuilder text = new();
        text.Append("""
            # Completion of kerr for fish, made by `kerr completion fish`.

            # The words of the command so far; nothing where a word stands that is none, such as the image.
            function __kerr_state
                set -l state ''
                set -l value 0
                for at in (commandline -opc)[2..]
                    if test $value = 1
                        set value 0
                    else if contains -- $at (__kerr_values "$state")
                        set value 1
                    else if string match -q -- '-*' $at
                        continue
                    else if contains -- $at (__kerr_commands "$state")
                        set state (string trim -- "$state $at")
                    else
                        return 1
                    end
                end
                test $value = 0; and echo "$state"
            end

            function __kerr_at
                set -l state (__kerr_state); and contains -- "$state" $argv
            end


            """);
        Function(text, "__kerr_commands", states, static state => Names(state));
        Function(text, "__kerr_values", states, static state => BashCompletion.Options(state, valuesOnly: true));
        foreach (CompletionState state in states)
        {
            foreach ((string name, string summary) in state.Commands)
            {
                text.Append("complete -c kerr -f -n ").Append(At([state])).Append(" -a ").Append(name).Append(" -d ").Append(Quoted(summary)).Append('\n');
            }
        }

        // Most options belong to many commands: a line for all of these.
        Dictionary<CompletedOption, List<CompletionState>> owners = [];
        foreach (CompletionState state in states)
        {
            foreach (CompletedOption option in state.Options)
            {
                if (!owners.TryGetValue(option, out List<CompletionState>? list))
                {
                    owners[option] = list = [];
                }

                list.Add(state);
            }
        }

        foreach ((CompletedOption option, List<CompletionState> of) in owners)
        {
            text.Append("complete -c kerr -n ").Append(At(of)).Append(" -l ").Append(option.Name)
                .Append(option.Letter == '\0' ? "" : $" -s {option.Letter}").Append(option.TakesValue ? " -r" : "")
                .Append(" -d ").Append(Quoted(option.Help)).Append('\n');
        }

        return text.Append("complete -c apptainer -w kerr\ncomplete -c singularity -w kerr\n").ToString();
    }

    private static void Function(StringBuilder text, string name, List<CompletionState> states, Func<CompletionState, IEnumerable<string>> words)
    {
        text.Append("function ").Append(name).Append("\n    switch $argv[1]\n");
        foreach (CompletionState state in states)
        {
            string all = string.Join(' ', words(state));
            if (all.Length > 0)
            {
                text.Append("        case ").Append(BashCompletion.Pattern(state).Replace('|', ' ')).Append("\n            string split ' ' -- '").Append(all).Append("'\n");
            }
        }

        text.Append("    end\nend\n\n");
    }

    private static IEnumerable<string> Names(CompletionState state)
    {
        foreach ((string name, _) in state.Commands)
        {
            yield return name;
        }

        if (state.Path.Length == 0)
        {
            yield return "siftool";
        }
    }

    /// <summary>The condition, as one word: <c>"__kerr_at 'exec' 'run'"</c>.</summary>
    private static string At(List<CompletionState> states)
    {
        StringBuilder condition = new("\"__kerr_at");
        foreach (CompletionState state in states)
        {
            condition.Append(' ').Append(BashCompletion.Pattern(state).Replace('|', ' '));
        }

        return condition.Append('"').ToString();
    }

    private static string Quoted(string text)
        => $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}

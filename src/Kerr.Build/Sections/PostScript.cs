using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Build.Definition;
using Kerr.Linux.Files;
using Kerr.Runtime.Environment.Shell;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Sections;

/// <summary>A part of a <c>%post</c> that runs in a shell of its own.</summary>
/// <param name="Prefix">The text of the section up to the end of this part: what the part's result depends on.</param>
/// <param name="Start">Where in the text it begins.</param>
/// <param name="Last">Whether the section ends with it.</param>
internal readonly record struct PostPiece(string Prefix, int Start, bool Last);

/// <summary>
/// A <c>%post</c> as pieces, each run by a shell of its own that starts where the one before ended: with its variables,
/// functions, options and directory. So an edit near the end of a section need not repeat what comes before.
/// </summary>
/// <remarks>
/// Pieces end where commands of the outermost level begin. A script that does what the next shell could not be told of
/// (<c>exec</c>, <c>trap</c>, jobs in the background, <c>eval</c>, names in variables, …) is not cut from there on.
/// </remarks>
internal sealed class PostScript
{
    private const string StatePath = "/.build.state";
    private const int MostPieces = 6, LongestChain = 24;

    private readonly string _text;
    private readonly string _options;
    private readonly List<int> _cuts = [];
    private readonly ScriptEffects _effects = new();
    private readonly List<(int At, string Text)> _replayed = [];

    private PostScript(string text, string options)
    {
        _text = text;
        _options = options;
    }

    /// <summary>Where the script can be cut, as places in its text.</summary>
    internal IReadOnlyList<int> Cuts => _cuts;

    internal static PostScript Of(DefinitionSection section)
    {
        string[] words = section.Arguments.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        string shell = words switch
        {
            [] => "sh",
            ["-c", var program] => program[(program.LastIndexOf('/') + 1)..],
            _ => "",
        };
        var script = new PostScript(section.Text, words.Length == 0 ? "set -x" : ":");
        if (shell is "sh" or "bash" or "dash" or "ash" && !section.Text.TrimStart().StartsWith("#!", StringComparison.Ordinal))
        {
            script.FindCuts();
        }

        return script;
    }

    /// <summary>The pieces to run: those whose results are there from earlier builds first, then the others.</summary>
    /// <param name="below">For a text whose result is there, the length of the text of the result below it, 0 for none; else −1.</param>
    internal IReadOnlyList<PostPiece> Pieces(Func<string, int> below)
    {
        var chain = new List<int>();
        List<int> ends = [.. _cuts, _text.Length];
        int known = 0;
        for (int i = ends.Count - 1; i >= 0 && known == 0; i--)
        {
            int next = below(_text[..ends[i]]);
            if (next < 0)
            {
                continue;
            }

            known = ends[i];
            chain.Add(known);
            while (next > 0 && chain.Count <= LongestChain)
            {
                chain.Add(next);
                next = next < _text.Length ? below(_text[..next]) : -1;
            }

            if (next != 0)
            {
                chain.Clear();      // something of it is gone, or it has grown too long
                known = 0;
                break;
            }
        }

        chain.Reverse();
        if (known < _text.Length)
        {
            chain.AddRange(NewEnds(ends, known));
        }

        var pieces = new List<PostPiece>();
        int start = 0;
        foreach (int end in chain)
        {
            pieces.Add(new PostPiece(_text[..end], start, end == _text.Length));
            start = end;
        }

        return pieces;
    }

    /// <summary>What the shell of a piece gets to run.</summary>
    /// <param name="state">What the piece before left.</param>
    internal string Text(PostPiece piece, string state)
    {
        var text = new StringBuilder();
        if (piece.Start > 0)
        {
            AddState(text, piece.Start, state);
        }

        text.Append(_text, piece.Start, piece.Prefix.Length - piece.Start);
        if (!piece.Last)
        {
            AddSaving(text);
        }

        return text.ToString();
    }

    /// <summary>Takes what a piece's shell left out of the root, and puts it beside the layer.</summary>
    internal static void KeepState(RootFiles root, string directory)
    {
        if (root.Read(StatePath) is { Length: > 0 } state)
        {
            using SafeFileHandle file = FileCalls.Open(directory + "/state", OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC, 0x180);
            FileCalls.Write(file, 0, Encoding.Latin1.GetBytes(state));
        }

        root.Remove(StatePath);
    }

    /// <summary>The last command by itself, the one before, two before, four before: most edits are near the end.</summary>
    private static List<int> NewEnds(List<int> ends, int known)
    {
        var chosen = new List<int> { ends[^1] };
        for (int back = 1; chosen.Count < MostPieces && ends.Count - 1 - back >= 0 && ends[ends.Count - 1 - back] > known; back *= 2)
        {
            chosen.Add(ends[ends.Count - 1 - back]);
        }

        chosen.Reverse();
        return chosen;
    }

    private void FindCuts()
    {
        Command[] commands;
        try
        {
            commands = ShellParser.ParseScript(_text, "%post") is Sequence sequence ? sequence.Commands : [];
        }
        catch (Exception refused) when (refused is ShellUnsupportedException or ShellErrorException)
        {
            return;
        }

        int[] lines = LineStarts(_text);
        for (int i = 0; i < commands.Length; i++)
        {
            int at = commands[i].Line - 1 < lines.Length ? lines[commands[i].Line - 1] : _text.Length;
            if (i > 0 && at > (_cuts.Count > 0 ? _cuts[^1] : 0) && commands[i].Line != commands[i - 1].Line && IsWhole(_text[..at]))
            {
                _cuts.Add(at);
            }

            int end = i + 1 < commands.Length && commands[i + 1].Line - 1 < lines.Length ? lines[commands[i + 1].Line - 1] : _text.Length;
            if (commands[i] is FunctionDefinition || ScriptEffects.IsOptionChange(commands[i]))
            {
                _replayed.Add((at, _text[at..end]));
            }

            if (!_effects.Add(commands[i], outermost: true) || (i + 1 < commands.Length && commands[i + 1].Line == commands[i].Line && commands[i] is FunctionDefinition))
            {
                break;
            }
        }
    }

    /// <summary>A cut in the middle of a construct would leave a text that is no script.</summary>
    private static bool IsWhole(string text)
    {
        try
        {
            _ = ShellParser.ParseScript(text, "%post");
            return true;
        }
        catch (Exception refused) when (refused is ShellUnsupportedException or ShellErrorException)
        {
            return false;
        }
    }

    private void AddState(StringBuilder text, int start, string state)
    {
        text.Append("{ set +x; } 2>/dev/null\n");
        string[] entries = state.Split('\0', StringSplitOptions.RemoveEmptyEntries);
        string directory = entries.Length > 0 ? entries[0] : "/", mask = entries.Length > 1 ? entries[1] : "0002", status = entries.Length > 2 ? entries[2] : "0";
        for (int i = 3; i < entries.Length; i++)
        {
            int equals = entries[i].IndexOf('=', StringComparison.Ordinal);
            text.Append(entries[i], 0, equals + 1).Append(Quoted(entries[i][(equals + 1)..])).Append('\n');
        }

        foreach (string name in _effects.Exported)
        {
            text.Append("[ -z \"${").Append(name).Append("+x}\" ] || export ").Append(name).Append('\n');
        }

        text.Append("cd ").Append(Quoted(directory)).Append("\numask ").Append(mask).Append('\n');
        foreach ((int at, string replayed) in _replayed)
        {
            if (at < start)
            {
                text.Append(replayed);
            }
        }

        text.Append("{ ").Append(_options).Append("; } 2>/dev/null\n");
        if (status != "0")
        {
            text.Append("(exit ").Append(status).Append(")\n");
        }
    }

    private void AddSaving(StringBuilder text)
    {
        text.Append("\n{ kerr_status=$?; set +x; } 2>/dev/null\n{\nprintf '%s\\0' \"$(pwd)\" \"$(umask)\" \"$kerr_status\"\n");
        foreach (string name in _effects.Assigned)
        {
            text.Append("[ -z \"${").Append(name).Append("+x}\" ] || printf '%s\\0' \"").Append(name).Append("=$").Append(name).Append("\"\n");
        }

        text.Append("} > ").Append(StatePath).Append('\n');
    }

    private static string Quoted(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private static int[] LineStarts(string text)
    {
        var starts = new List<int> { 0 };
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n')
            {
                starts.Add(i + 1);
            }
        }

        return [.. starts];
    }
}

using System;
using System.Globalization;
using System.Threading;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Registry.Staging;

namespace Kerr.Cli.Commands.Images;

/// <summary><c>image stage</c>: a copy on the node's own storage, made once however many ask.</summary>
internal static class StageCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Copy an image to this node's own storage, once, and print where it is",
        Synopsis = "[options] <image>",
        Description =
            "Prints the path of the copy and nothing else. All processes of a user on a node that ask at once get the same copy; it is read back and held "
            + "against what was read, and later found by name, size and time of the original, without reading it. Copies that were not used for longest are "
            + "removed when there is no room, but for those that are open or were asked for in the last ten minutes.",
        Examples = "image=$(kerr image stage /project/solver.sif)\nsrun kerr exec \"$image\" ./solver\n"
            + "kerr image stage --dir /local/scratch --max-size 100G /project/solver.sif",
        Arity = Arity.Exactly(1),
        Options = static () => StageOptions.All,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        OptionValues values = invocation.Values;
        string image = invocation.Arguments[0];
        string directory = values.Text(StageOptions.Directory);
        if (directory.Length == 0)
        {
            string temporary = EnvironmentBlock.Get(invocation.Environment, "TMPDIR") is { Length: > 0 } named ? named.TrimEnd('/') : "/tmp";
            directory = string.Create(CultureInfo.InvariantCulture, $"{temporary}/kerr-stage-{CurrentProcess.EffectiveUserId}");
        }

        // Says what is wrong with a file that is no image now, not to each rank.
        ImageFile.Open(image).Handle?.Dispose();
        var stage = new NodeStage(FileSystem.Absolute(directory, FileSystem.WorkingDirectory() ?? "/"));
        string copy = stage.Get(image, Size(values.Text(StageOptions.MaxSize)), Digest(values.Text(StageOptions.Digest)), CancellationToken.None, static text => Log.Verbose(text));
        StandardStream.Write(StandardStream.Output, copy + "\n");
        return 0;
    }

    /// <summary>A number of bytes, with K, M, G or T for powers of 1024; 0 for none.</summary>
    private static long Size(string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }

        int unit = "KMGT".IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal);
        string number = unit < 0 ? text : text[..^1];
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long count) && count > 0 && count < 1L << 40
            ? unit < 0 ? count : count << (10 * (unit + 1))
            : throw new UserException($"--max-size {text} is no size", "give a number with K, M, G or T: --max-size 100G");
    }

    private static string? Digest(string text)
    {
        string digits = text.StartsWith("sha256:", StringComparison.Ordinal) ? text[7..] : text;
        return digits.Length == 0 ? null
            : digits.Length == 64 && Array.TrueForAll(digits.ToCharArray(), char.IsAsciiHexDigit) ? digits.ToLowerInvariant()
            : throw new UserException($"--digest {text} is no sha256", "give its 64 hexadecimal digits, as sha256sum prints them");
    }
}

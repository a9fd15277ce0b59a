using System.Globalization;
using Kerr.Cli.Options;
using Kerr.Image.Sif;
using Kerr.Linux;

namespace Kerr.Cli.Commands.Sif;

/// <summary>The number of an object on a command line.</summary>
internal static class SifObjectId
{
    /// <summary>The first argument of a command.</summary>
    /// <exception cref="UsageException">It is no number above 0.</exception>
    internal static uint Of(Invocation invocation)
    {
        string text = invocation.Arguments[0];
        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id != 0
            ? id
            : throw new UsageException($"invalid object ID \"{text}\"", invocation.Path, invocation.Command);
    }

    /// <summary>The object with that number.</summary>
    /// <exception cref="UserException">There is none.</exception>
    internal static SifDescriptor Find(Invocation invocation, SifFile file, uint id)
        => file.Image.Find(new SifSelector { Id = id })
            ?? throw new UserException($"image {file.Path} has no object {id}", $"{invocation.Program.Name} sif list {file.Path}");
}

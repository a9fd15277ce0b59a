using System;
using System.Globalization;
using Kerr.Linux;

namespace Kerr.ImageServer;

/// <summary>What the starter says on the command line; descriptors are numbers.</summary>
/// <remarks>
/// <c>kerr-image-server fuse=N image=N offset=BYTES length=BYTES cache=BYTES [uid=N gid=N]</c>. <c>fuse</c> is an open
/// <c>/dev/fuse</c>, or a socket by which it will come. Without ids, files are shown with those that are stored.
/// </remarks>
internal readonly record struct ServerOptions(int Fuse, int Image, long Offset, long Length, long Cache, uint? Uid, uint? Gid)
{
    internal static ServerOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new ServerOptions(-1, -1, 0, -1, 16 << 20, null, null);
        foreach (string argument in arguments)
        {
            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !long.TryParse(argument.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            {
                throw Wrong(argument);
            }

            options = argument.AsSpan(0, equals) switch
            {
                "fuse" when value <= int.MaxValue => options with { Fuse = (int)value },
                "image" when value <= int.MaxValue => options with { Image = (int)value },
                "offset" => options with { Offset = value },
                "length" => options with { Length = value },
                "cache" => options with { Cache = value },
                "uid" when value <= uint.MaxValue => options with { Uid = (uint)value },
                "gid" when value <= uint.MaxValue => options with { Gid = (uint)value },
                _ => throw Wrong(argument),
            };
        }

        return options.Fuse >= 0 && options.Image >= 0 && options.Length >= 0 ? options : throw Wrong("nothing");
    }

    private static UserException Wrong(string argument)
        => new($"kerr-image-server cannot start with {argument}", "it is started by kerr, not by hand: kerr exec IMAGE COMMAND");
}

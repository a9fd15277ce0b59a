using System;
using System.Globalization;
using System.Text;
using Kerr.Linux.Processes;

namespace Kerr.Linux;

/// <summary>The host's log, syslog(3): opened early, so that a confined program can still tell. Nothing ever waits for it.</summary>
/// <param name="program">Who is telling.</param>
public sealed class SystemLog(string program)
{
    private const int LOG_USER = 8, LOG_ERR = 3;

    // On a host without a log the lines are lost.
    private readonly DatagramSocket? _socket = DatagramSocket.Connect("/dev/log");

    /// <summary>Tells of an error; control characters become question marks, since the text may quote an image.</summary>
    public void Error(string text)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"<{LOG_USER | LOG_ERR}>{program}[{CurrentProcess.Id}]: {text}");
        byte[] bytes = Encoding.Latin1.GetBytes(line);
        foreach (ref byte character in bytes.AsSpan())
        {
            character = character is < 0x20 or 0x7F ? (byte)'?' : character;
        }

        _ = _socket?.Send(bytes);
    }
}

using System;
using System.Text;
using System.Threading;

namespace Kerr.EndToEnd.Harness;

/// <summary>What comes out of a descriptor, read by a thread of its own; it closes the descriptor at the end.</summary>
internal sealed unsafe class StreamText
{
    private readonly StringBuilder text = new();
    private readonly Thread reader;

    public StreamText(int descriptor)
    {
        reader = new Thread(() => Read(descriptor)) { IsBackground = true };
        reader.Start();
    }

    public string Text
    {
        get
        {
            lock (text)
            {
                return text.ToString();
            }
        }
    }

    /// <summary>Whether the last writer closed it within that time.</summary>
    public bool AwaitEnd(TimeSpan patience) => reader.Join(patience);

    private void Read(int descriptor)
    {
        byte[] buffer = new byte[65536];
        fixed (byte* bytes = buffer)
        {
            // A terminal ends with EIO.
            for (nint count; (count = LibC.read(descriptor, bytes, buffer.Length)) > 0;)
            {
                lock (text)
                {
                    text.Append(Encoding.Latin1.GetString(buffer, 0, (int)count));
                }
            }
        }

        LibC.close(descriptor);
    }
}

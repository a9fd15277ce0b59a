using System;

namespace Kerr.Registry.Distribution;

/// <summary>A server's answer, or the lack of one, that ends a transfer.</summary>
/// <param name="status">The HTTP status; 0 where there was no answer.</param>
public sealed class TransferException(string message, int status = 0, Exception? inner = null) : Exception(message, inner)
{
    public int Status => status;
}

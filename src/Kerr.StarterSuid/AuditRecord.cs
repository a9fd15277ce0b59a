using System;

namespace Kerr.Starter;

/// <summary>The site's record of launches and denials, sent while we are still root.</summary>
internal static unsafe class AuditRecord
{
    /// <summary>A launch that was checked and is about to start; ends it when it cannot be recorded and `audit required = yes`.</summary>
    internal static void Start()
    {
        if (Configuration.Has(Switch.AuditRequired))
        {
            Say.Fatal("this launch cannot be recorded, and the administrator requires that (`audit required = yes`)"u8, 0, "use --userns, or ask the administrator"u8);
        }
    }

    /// <summary>A launch that is refused.</summary>
    internal static void Deny(ReadOnlySpan<byte> why, byte* subject)
    {
        _ = why;
        _ = subject;
    }
}

namespace Kerr.Starter;

/// <summary>Which half of a launch this program is: kerr-starter is both, starter-user asks starter-suid for what needs a privilege.</summary>
internal static class Half
{
    internal static bool Asks => false;
}

namespace Kerr.Starter;

/// <summary>Which half of a launch this program is: the user's.</summary>
internal static class Half
{
    internal static bool Asks => true;
}

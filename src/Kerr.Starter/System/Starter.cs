// What the two compilers look up by name, and only the starter needs: starter-suid does without.

namespace System.Runtime.CompilerServices;

/// <summary>Leaves local variables as the stack has them.</summary>
public sealed class SkipLocalsInitAttribute : Attribute { }

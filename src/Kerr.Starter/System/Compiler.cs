// What the two compilers look up by name. Attributes' parameters are read by them alone.

namespace System.Runtime.CompilerServices
{
    /// <summary>Features of this system module that the C# compiler asks about.</summary>
    public static class RuntimeFeature
    {
        /// <summary>`nint` is `IntPtr`.</summary>
        public const string NumericIntPtr = nameof(NumericIntPtr);
    }

    /// <summary>Which rules for references a module was compiled by.</summary>
    public sealed class RefSafetyRulesAttribute(int version) : Attribute { }

    /// <summary>Marks a structure that lives on the stack only.</summary>
    public sealed class IsByRefLikeAttribute : Attribute { }

    /// <summary>Marks a read-only reference or structure.</summary>
    public sealed class IsReadOnlyAttribute : Attribute { }

    /// <summary>The file that a call stands in.</summary>
    public sealed class CallerFilePathAttribute : Attribute { }

    /// <summary>The line that a call stands in.</summary>
    public sealed class CallerLineNumberAttribute : Attribute { }

    /// <summary>The method that a call stands in.</summary>
    public sealed class CallerMemberNameAttribute : Attribute { }

    /// <summary>How a method is compiled.</summary>
    public enum MethodImplOptions
    {
        /// <summary>Never inlined.</summary>
        NoInlining = 8,

        /// <summary>Defined outside the module.</summary>
        InternalCall = 0x1000,
    }

    /// <summary>Says how a method is compiled.</summary>
    public sealed class MethodImplAttribute(MethodImplOptions options) : Attribute { }
}

namespace System.Runtime
{
    /// <summary>Gives a method a symbol that the linker sees.</summary>
    public sealed class RuntimeExportAttribute(string symbol) : Attribute { }

    /// <summary>Takes a method from a symbol that the linker sees.</summary>
    public sealed class RuntimeImportAttribute(string symbol) : Attribute { }
}

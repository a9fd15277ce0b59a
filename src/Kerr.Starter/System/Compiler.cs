// What the two compilers look up by name.

using System.Runtime;

namespace System.Runtime.CompilerServices
{
    /// <summary>Features of this system module that the C# compiler asks about.</summary>
    public static class RuntimeFeature
    {
        /// <summary>Structures may hold references (`ref struct` with `ref` fields).</summary>
        public const string ByRefFields = nameof(ByRefFields);

        /// <summary>`nint` is `IntPtr`.</summary>
        public const string NumericIntPtr = nameof(NumericIntPtr);
    }

    /// <summary>Marks a structure that lives on the stack only.</summary>
    public sealed class IsByRefLikeAttribute : Attribute { }

    /// <summary>Marks a read-only reference or structure.</summary>
    public sealed class IsReadOnlyAttribute : Attribute { }

    /// <summary>Marks a language feature that older compilers must not misread.</summary>
    public sealed class CompilerFeatureRequiredAttribute(string feature) : Attribute
    {
        /// <summary>The feature's name.</summary>
        public string Feature => feature;
    }

    /// <summary>Marks a fixed-size buffer.</summary>
    public sealed class FixedBufferAttribute : Attribute { }

    /// <summary>Marks unsafe value types.</summary>
    public sealed class UnsafeValueTypeAttribute : Attribute { }

    /// <summary>The file that a call stands in.</summary>
    public sealed class CallerFilePathAttribute : Attribute { }

    /// <summary>The line that a call stands in.</summary>
    public sealed class CallerLineNumberAttribute : Attribute { }

    /// <summary>The method that a call stands in.</summary>
    public sealed class CallerMemberNameAttribute : Attribute { }

    /// <summary>Leaves local variables as the stack has them.</summary>
    public sealed class SkipLocalsInitAttribute : Attribute { }

    /// <summary>How a method is compiled.</summary>
    public enum MethodImplOptions
    {
        /// <summary>Never inlined.</summary>
        NoInlining = 8,

        /// <summary>Defined outside the module.</summary>
        InternalCall = 0x1000,
    }

    /// <summary>Says how a method is compiled.</summary>
    public sealed class MethodImplAttribute(MethodImplOptions options) : Attribute
    {
        /// <summary>How.</summary>
        public MethodImplOptions Options => options;
    }
}

namespace System.Runtime.InteropServices
{
    /// <summary>How fields are laid out.</summary>
    public enum LayoutKind
    {
        /// <summary>In order.</summary>
        Sequential = 0,

        /// <summary>By offset.</summary>
        Explicit = 2,

        /// <summary>As the compiler likes.</summary>
        Auto = 3,
    }

    /// <summary>Says how fields are laid out.</summary>
    public sealed class StructLayoutAttribute(LayoutKind kind) : Attribute
    {
        /// <summary>How.</summary>
        public LayoutKind Kind => kind;

        /// <summary>Size in bytes.</summary>
        public int Size;

        /// <summary>Alignment in bytes.</summary>
        public int Pack;
    }

    /// <summary>Marks a reference that is only read.</summary>
    public sealed class InAttribute : Attribute { }

    /// <summary>The types that cross to native code.</summary>
    public enum UnmanagedType { }
}

namespace System.Reflection
{
    /// <summary>Names the member that `this[]` is.</summary>
    public sealed class DefaultMemberAttribute(string name) : Attribute
    {
        /// <summary>The member's name.</summary>
        public string Name => name;
    }
}

namespace System.Runtime
{
    /// <summary>Gives a method a symbol that the linker sees.</summary>
    public sealed class RuntimeExportAttribute(string symbol) : Attribute
    {
        /// <summary>The symbol.</summary>
        public string Symbol => symbol;
    }

    /// <summary>Takes a method from a symbol that the linker sees.</summary>
    public sealed class RuntimeImportAttribute(string symbol) : Attribute
    {
        /// <summary>The symbol.</summary>
        public string Symbol => symbol;
    }
}

namespace System
{
    using System.Runtime.CompilerServices;

    /// <summary>What the code generator calls to clear and copy structures.</summary>
    internal static unsafe class SpanHelpers
    {
        [MethodImpl(MethodImplOptions.InternalCall)]
        [RuntimeImport("memset")]
        private static extern void* MemorySet(void* to, int value, nuint length);

        [MethodImpl(MethodImplOptions.InternalCall)]
        [RuntimeImport("memmove")]
        private static extern void* MemoryMove(void* to, void* from, nuint length);

        [RuntimeExport("RhSpanHelpers_MemZero")]
        private static void Clear(void* to, nuint length) => MemorySet(to, 0, length);

        [RuntimeExport("RhSpanHelpers_MemSet")]
        private static void Fill(void* to, byte value, nuint length) => MemorySet(to, value, length);

        [RuntimeExport("RhSpanHelpers_MemCopy")]
        private static void Copy(void* to, void* from, nuint length) => MemoryMove(to, from, length);
    }
}

namespace Internal.Runtime.CompilerHelpers
{
    using System.Runtime.CompilerServices;

    /// <summary>Entered where a runtime would be told that native code is left or entered.</summary>
    internal static class StartupCodeHelpers
    {
        [RuntimeExport("RhpReversePInvoke")]
        private static void ReverseEnter(nint frame) { }

        [RuntimeExport("RhpReversePInvokeReturn")]
        private static void ReverseLeave(nint frame) { }
    }

    /// <summary>Where an exception would be thrown, the program ends by a fault: none can happen in checked code.</summary>
    internal static class ThrowHelpers
    {
        [MethodImpl(MethodImplOptions.InternalCall)]
        [RuntimeImport("abort")]
        private static extern void Abort();

        /// <summary>A stack buffer was overrun.</summary>
        [RuntimeExport("RhpFallbackFailFast")]
        private static void FailFast() => Abort();

        internal static void ThrowOverflowException() => Abort();

        internal static void ThrowIndexOutOfRangeException() => Abort();

        internal static void ThrowNullReferenceException() => Abort();

        internal static void ThrowDivideByZeroException() => Abort();
    }
}

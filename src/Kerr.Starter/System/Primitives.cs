// The types that the compilers demand of a system module. There is no runtime below them: no heap, no collector, no
// exceptions, no type checks. What the starter does not use is not here.

namespace System;

/// <summary>The root of all types; holds its method table.</summary>
public class Object
{
#pragma warning disable CS0169, IDE0044, IDE0051, CA1823 // the code generator writes and reads it
    private nint _methodTable;
#pragma warning restore
}

/// <summary>No value.</summary>
public struct Void { }

/// <summary>A truth value.</summary>
public struct Boolean { }

/// <summary>A UTF-16 code unit.</summary>
public struct Char { }

/// <summary>A number of 8 bits.</summary>
public struct Byte { }

/// <summary>A signed number of 16 bits.</summary>
public struct Int16 { }

/// <summary>A number of 16 bits.</summary>
public struct UInt16 { }

/// <summary>A signed number of 32 bits.</summary>
public struct Int32
{
    /// <summary>The largest.</summary>
    public const int MaxValue = 0x7FFFFFFF;
}

/// <summary>A number of 32 bits.</summary>
public struct UInt32 { }

/// <summary>A signed number of 64 bits.</summary>
public struct Int64 { }

/// <summary>A number of 64 bits.</summary>
public struct UInt64
{
    /// <summary>The largest.</summary>
    public const ulong MaxValue = 0xFFFFFFFFFFFFFFFF;
}

/// <summary>A signed number of a register's width.</summary>
public struct IntPtr { }

/// <summary>A number of a register's width.</summary>
public struct UIntPtr { }

/// <summary>The base of structures.</summary>
public abstract class ValueType { }

/// <summary>The base of enumerations.</summary>
public abstract class Enum : ValueType { }

/// <summary>The base of delegates; none is ever made.</summary>
public abstract class Delegate { }

/// <summary>Text in the read-only part of the program; only caller information uses it.</summary>
public sealed class String
{
    /// <summary>Number of code units.</summary>
    public readonly int Length;

    private char _first;

    /// <summary>Lets `fixed` take the address of the first code unit.</summary>
    public ref char GetPinnableReference() => ref _first;
}

/// <summary>Bytes at an address, with their number: what a literal marked `u8` becomes.</summary>
public readonly unsafe ref struct ReadOnlySpan<T>
{
    /// <summary>The address of the first byte; a literal has a NUL after its last.</summary>
    public readonly void* Start;

    /// <summary>Number of bytes, without the NUL.</summary>
    public readonly int Length;

    /// <summary>The compiler calls this for literals, whose bytes never move.</summary>
    public ReadOnlySpan(void* start, int length)
    {
        Start = start;
        Length = length;
    }

    /// <summary>The compiler asks for it, and never calls it for a literal.</summary>
    public ReadOnlySpan(T[] array, int start, int length)
        : this(null, 0) { }

    /// <summary>Lets a literal stand for a path.</summary>
    public static implicit operator void*(ReadOnlySpan<T> literal) => literal.Start;
}

/// <summary>The base of attributes.</summary>
public abstract class Attribute { }

/// <summary>A type at run time; never used, always asked for.</summary>
public abstract class RuntimeType { }

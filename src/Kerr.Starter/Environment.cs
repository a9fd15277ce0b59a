using System;
using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>The payload's environment: lists of NAME=value, null at the end.</summary>
internal static unsafe class Environment
{
    /// <summary>The plan's environment, for images without scripts.</summary>
    internal static byte** Direct(byte* step)
    {
        byte** list = Plan.Pointers(Plan.Reference(step, Step.Extra));
        return Value(list, "PWD"u8) == null ? list : WithDirectory(list, Value(list, "PWD"u8));
    }

    /// <summary>
    /// What the script left, without what only the shell added; variables of the plan come back, but not those that the
    /// script names as its own: what it set without exporting, and what it removed by leaving it empty.
    /// </summary>
    internal static byte** Merge(byte* step, byte** left)
    {
        byte* planned = Plan.Reference(step, Step.Extra);
        byte* given = Plan.Reference(step, Step.More);
        uint count = Count(left);
        uint plannedCount = Plan.Count(planned);
        byte** merged = (byte**)Arena.Take(((nint)count + (nint)plannedCount + 1) * sizeof(nint));
        Names names = default;
        names.Make(count);
        for (uint i = 0; i < count; i++)
        {
            names.Add(left[i], i);
        }

        uint made = 0;
        byte* decided = Value(left, "KERR_DEFINED"u8);
        for (uint i = 0; i < plannedCount; i++)
        {
            byte* variable = Plan.Item(planned, i);
            int at = names.Find(left, variable);
            if (OnlyShells(variable) || (at < 0 && !Lists(decided, variable)))
            {
                merged[made++] = variable;
                if (at >= 0)
                {
                    left[at] = null;
                }
            }
        }

        for (uint i = 0; i < count; i++)
        {
            if (left[i] != null && !SameName(left[i], (byte*)"KERR_DEFINED="u8.Start)
                && (!OnlyShells(left[i]) || Holds(given, left[i])))
            {
                merged[made++] = left[i];
            }
        }

        merged[made] = null;
        return WithDirectory(merged, Value(merged, "PWD"u8));
    }

    /// <summary>The list with variables of a vector set.</summary>
    internal static byte** With(byte** list, byte* vector)
    {
        for (uint i = 0; i < Plan.Count(vector); i++)
        {
            list = WithVariable(list, Plan.Item(vector, i));
        }

        return list;
    }

    /// <summary>A variable's value, or null.</summary>
    internal static byte* Value(byte** list, ReadOnlySpan<byte> name)
    {
        for (; *list != null; list++)
        {
            if (Text.Starts(*list, name) && (*list)[name.Length] == '=')
            {
                return *list + name.Length + 1;
            }
        }

        return null;
    }

    /// <summary>Sets PWD, keeping a name that leads here by way of links, as shells do.</summary>
    private static byte** WithDirectory(byte** list, byte* name)
    {
        FileStatus named = default;
        FileStatus here = default;
        bool right = name != null && *name == '/' && FileStatus.Read(K.AtCwd, name, 0, &named) == 0
            && FileStatus.Read(K.AtCwd, "."u8, 0, &here) == 0 && named.SameFile(&here);
        byte* directory = right ? null : Surroundings.Directory();
        if (directory == null)
        {
            return list;
        }

        byte* variable = Arena.Take(Text.Length(directory) + 5);
        *Text.Copy(Text.Copy(variable, "PWD="u8, 4), directory) = 0;
        return WithVariable(list, variable);
    }

    private static byte** WithVariable(byte** list, byte* variable)
    {
        uint count = 0;
        for (; list[count] != null; count++)
        {
            if (SameName(list[count], variable))
            {
                list[count] = variable;
                return list;
            }
        }

        byte** longer = (byte**)Arena.Take(((nint)count + 2) * sizeof(nint));
        for (uint i = 0; i < count; i++)
        {
            longer[i] = list[i];
        }

        longer[count] = variable;
        longer[count + 1] = null;
        return longer;
    }

    private static uint Count(byte** list)
    {
        uint count = 0;
        while (list[count] != null)
        {
            count++;
        }

        return count;
    }

    /// <summary>Whether it is a variable that shells set for themselves.</summary>
    private static bool OnlyShells(byte* variable) =>
        SameName(variable, (byte*)"PWD="u8.Start) || SameName(variable, (byte*)"OLDPWD="u8.Start)
        || SameName(variable, (byte*)"SHLVL="u8.Start) || SameName(variable, (byte*)"_="u8.Start);

    private static bool Holds(byte* vector, byte* variable)
    {
        for (uint i = 0; i < Plan.Count(vector); i++)
        {
            if (SameName(Plan.Item(vector, i), variable))
            {
                return true;
            }
        }

        return false;
    }

    private static bool SameName(byte* a, byte* b)
    {
        while (*a == *b && *a != '=' && *a != 0)
        {
            a++;
            b++;
        }

        return *a is 0 or (byte)'=' && *b is 0 or (byte)'=';
    }

    /// <summary>Whether a list of names, each between two blanks, has a variable's.</summary>
    private static bool Lists(byte* names, byte* variable)
    {
        for (; names != null && *names != 0; names++)
        {
            byte* name = variable;
            byte* at = names + 1;
            while (*names == ' ' && *at == *name && *name != 0)
            {
                at++;
                name++;
            }

            if (*names == ' ' && *at == ' ' && *name == '=')
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Places of variables by name, for environments of many thousands.</summary>
    private struct Names
    {
        private uint* _places; // 1 + index, 0 for none
        private uint _mask;

        internal void Make(uint count)
        {
            uint size = 16;
            while (size < count * 2)
            {
                size *= 2;
            }

            _places = (uint*)Arena.Take((nint)size * 4);
            _mask = size - 1;
        }

        internal void Add(byte* variable, uint index)
        {
            uint at = Hash(variable) & _mask;
            while (_places[at] != 0)
            {
                at = (at + 1) & _mask;
            }

            _places[at] = index + 1;
        }

        internal int Find(byte** list, byte* variable)
        {
            for (uint at = Hash(variable) & _mask; _places[at] != 0; at = (at + 1) & _mask)
            {
                byte* there = list[_places[at] - 1];
                if (there != null && SameName(there, variable))
                {
                    return (int)_places[at] - 1;
                }
            }

            return -1;
        }

        private static uint Hash(byte* variable)
        {
            uint hash = 2166136261;
            for (; *variable is not 0 and not (byte)'='; variable++)
            {
                hash = (hash ^ *variable) * 16777619;
            }

            return hash;
        }
    }
}

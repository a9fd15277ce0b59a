using System.Collections.Generic;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>One variable: its value (null while it is only declared), its attributes, and what set it last.</summary>
internal sealed class ShellVariable
{
    internal string? Value { get; set; }

    internal bool Exported { get; set; }

    internal bool ReadOnly { get; set; }

    /// <summary>The script or rule that gave the value, for <c>kerr explain</c>.</summary>
    internal string Origin { get; set; } = "";

    internal ShellVariable Copy() => (ShellVariable)MemberwiseClone();
}

/// <summary>The variables of a shell.</summary>
internal sealed class ShellVariables
{
    private readonly Dictionary<string, ShellVariable> _variables = [];

    internal IEnumerable<KeyValuePair<string, ShellVariable>> All => _variables;

    internal string? Get(string name) => _variables.TryGetValue(name, out ShellVariable? variable) ? variable.Value : null;

    internal ShellVariable? Find(string name) => _variables.GetValueOrDefault(name);

    /// <summary>Gives a variable a value; false, and nothing changed, when it is read-only.</summary>
    internal bool Set(string name, string value, string origin)
    {
        ShellVariable variable = Declare(name);
        if (variable.ReadOnly)
        {
            return false;
        }

        variable.Value = value;
        variable.Origin = origin;
        return true;
    }

    internal void Export(string name, string value, string origin)
    {
        ShellVariable variable = Declare(name);
        if (!variable.ReadOnly)
        {
            variable.Value = value;
            variable.Origin = origin;
            variable.Exported = true;
        }
    }

    /// <summary>The variable of a name, made without value if there is none.</summary>
    internal ShellVariable Declare(string name)
    {
        if (!_variables.TryGetValue(name, out ShellVariable? variable))
        {
            variable = new ShellVariable();
            _variables.Add(name, variable);
        }

        return variable;
    }

    /// <summary>Removes a variable with its attributes; false when it is read-only.</summary>
    internal bool Unset(string name)
    {
        if (Find(name) is { ReadOnly: true })
        {
            return false;
        }

        _variables.Remove(name);
        return true;
    }

    /// <summary>Puts back what a name was before, as found by <see cref="Find"/> and copied.</summary>
    internal void Restore(string name, ShellVariable? before)
    {
        if (before is null)
        {
            _variables.Remove(name);
        }
        else
        {
            _variables[name] = before;
        }
    }

    /// <summary>The variables for a subshell, whose changes are lost.</summary>
    internal ShellVariables Copy()
    {
        ShellVariables copy = new();
        foreach ((string name, ShellVariable variable) in _variables)
        {
            copy._variables.Add(name, variable.Copy());
        }

        return copy;
    }
}

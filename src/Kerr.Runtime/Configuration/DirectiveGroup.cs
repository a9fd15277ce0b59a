namespace Kerr.Runtime.Configuration;

/// <summary>Directives that belong together, under one heading of the file.</summary>
public sealed record DirectiveGroup(string Title, string Introduction, Directive[] Directives);

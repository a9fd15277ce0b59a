namespace Kerr.Cli.Console;

/// <summary>A message found before it was known how much the user wants to hear.</summary>
internal readonly record struct Note(LogLevel Level, string Text);

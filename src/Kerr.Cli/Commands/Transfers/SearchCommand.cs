using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Kerr.Cli.Options;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.Library;
using Kerr.Registry.References;

namespace Kerr.Cli.Commands.Transfers;

/// <summary><c>search</c>: which images a library or a registry has.</summary>
internal static class SearchCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Search a library or a registry for images",
        Synopsis = "[options] <text>",
        Description =
            "In the library of the default remote endpoint, or of --library; with oras://HOST[/TEXT] in a registry, of those that list what "
            + "they have: the repositories whose names have the text in them, with their tags.",
        Examples = "kerr search blast\nkerr search oras://registry.example.org/tools",
        Arity = Arity.Exactly(1),
        Options = static () => TransferOptions.Search,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string text = invocation.Arguments[0];
        OptionValues values = invocation.Values;
        RegistryOptions options = TransferSetup.Options(invocation, Site.Configuration(invocation, Site.Installation));
        StringBuilder answer = ImageUri.TryParse(text) is { Transport: Transport.Oras or Transport.Docker } uri
            ? OfRegistry(uri, options)
            : OfLibrary(invocation, text, values.IsSet(TransferOptions.SearchArch) ? values.Text(TransferOptions.SearchArch) : SifArchitecture.Host, options);
        StandardStream.Write(StandardStream.Output, Encoding.UTF8.GetBytes(Printable(answer.ToString())));
        return 0;
    }

    private static StringBuilder OfLibrary(Invocation invocation, string text, string architecture, RegistryOptions options)
    {
        LibraryAddress library = LibraryChoice.Default(invocation, invocation.Values.Text(TransferOptions.Library), "a search");
        IReadOnlyList<(string Name, string Description)> found = new LibraryService(library, options)
            .Search(ByteText.ToUnicode(text), architecture, invocation.Values.Flag(TransferOptions.Signed));
        var answer = new StringBuilder();
        answer.Append(CultureInfo.InvariantCulture, $"Found {found.Count} container images for {architecture} matching \"{ByteText.ToUnicode(text)}\":\n\n");
        foreach ((string name, string description) in found)
        {
            answer.Append("\tlibrary://").Append(name).Append('\n').Append(description.Length > 0 ? $"\t\t{description}\n" : "").Append('\n');
        }

        return answer;
    }

    private static StringBuilder OfRegistry(ImageUri uri, RegistryOptions options)
    {
        int slash = uri.Rest.IndexOf('/', StringComparison.Ordinal);
        string host = RegistryReference.ParseHost(slash < 0 ? uri.Rest : uri.Rest[..slash]), wanted = slash < 0 ? "" : uri.Rest[(slash + 1)..].TrimEnd('/');
        var answer = new StringBuilder();
        try
        {
            using var registry = new RegistryHost(host, insecure: false, options);
            foreach (string repository in registry.Catalog())
            {
                if (!repository.Contains(wanted, StringComparison.Ordinal))
                {
                    continue;
                }

                using var client = new RegistryClient(RegistryReference.Parse($"{host}/{repository}"), insecure: false, options);
                foreach (string tag in client.Tags())
                {
                    answer.Append(CultureInfo.InvariantCulture, $"{uri.Scheme}://{host}/{repository}:{tag}\n");
                }
            }

            return answer;
        }
        catch (Exception failure) when (failure is TransferException or InvalidDataException)
        {
            throw new UserException($"unable to search {host}: {failure.Message}", "try again later; --verbose tells more", failure);
        }
    }

    // Others wrote it, and it goes to a terminal.
    private static string Printable(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            clean.Append(char.IsControl(c) && c is not ('\n' or '\t') ? '?' : c);
        }

        return clean.ToString();
    }
}

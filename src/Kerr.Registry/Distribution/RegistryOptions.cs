using System;
using System.Collections.Generic;
using System.Threading;
using Kerr.Registry.Auth;
using Kerr.Registry.References;

namespace Kerr.Registry.Distribution;

/// <summary>How registries are spoken to.</summary>
public sealed record RegistryOptions
{
    /// <summary>Plain HTTP will do.</summary>
    public bool NoHttps { get; init; }

    /// <summary>From the command line or its variables; before any file.</summary>
    public Credential? Credential { get; init; }

    /// <summary>Paths of config.json files, the first that has a credential counts.</summary>
    public IReadOnlyList<string> CredentialFiles { get; init; } = [];

    public RegistriesConf Registries { get; init; } = new();

    public RetryPolicy Retry { get; init; } = RetryPolicy.Usual;

    /// <summary>How many layers are fetched at a time.</summary>
    public int Concurrency { get; init; } = 3;

    /// <summary>Bytes of the parts that a layer of twice as many or more is fetched in; 0 for one piece.</summary>
    public long PartSize { get; init; } = 5 << 20;

    /// <summary>The caller's, for credential helpers.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>How this program calls itself: <c>kerr/1.0</c>.</summary>
    public string UserAgent { get; init; } = "kerr";

    public CancellationToken Cancel { get; init; }

    /// <summary>Told what happens, for --verbose.</summary>
    public Action<string> Tell { get; init; } = static _ => { };
}

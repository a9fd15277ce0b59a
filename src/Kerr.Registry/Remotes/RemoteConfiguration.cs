using System;
using System.Buffers;
using System.Collections.Generic;
using Kerr.Linux;

namespace Kerr.Registry.Remotes;

/// <summary>The endpoints that a user can use: the site's and their own, with one of them as the default.</summary>
/// <remarks>A user's file keeps of a site's endpoint only the login. Where the names meet, the user's own endpoint counts.</remarks>
public sealed class RemoteConfiguration
{
    public const string DefaultName = "DefaultRemote";
    private static readonly SearchValues<char> s_outside = SearchValues.Create(" \t\r\n\"'");
    private const string DefaultUri = "cloud.apptainer.org";
    private readonly SortedDictionary<string, RemoteEndpoint> _all = new(StringComparer.Ordinal);
    private readonly RemoteFile _own;

    public RemoteConfiguration(RemoteFile own, RemoteFile site)
    {
        _own = own;
        Default = own.Active;
        foreach ((string name, RemoteEndpoint remote) in own.Remotes)
        {
            if (!remote.System)
            {
                _all[name] = remote;
            }
        }

        foreach ((string name, RemoteEndpoint remote) in site.Remotes)
        {
            if (_all.ContainsKey(name))
            {
                continue;
            }

            string token = own.Remotes.TryGetValue(name, out RemoteEndpoint? kept) && kept.System ? kept.Token : "";
            _all[name] = remote with { System = true, Token = token };
            if (remote.Exclusive)
            {
                Default = name;
            }
        }

        if (Default.Length == 0 || !_all.ContainsKey(Default))
        {
            Default = site.Active;
        }
    }

    /// <summary>What counts as the site's file where there is none.</summary>
    public static RemoteFile BuiltIn()
    {
        var file = new RemoteFile { Active = DefaultName };
        file.Remotes[DefaultName] = new RemoteEndpoint(DefaultUri) { System = true };
        return file;
    }

    /// <summary>All, by name.</summary>
    public IReadOnlyDictionary<string, RemoteEndpoint> All => _all;

    /// <summary>The name of the default; empty for none.</summary>
    public string Default { get; }

    /// <summary>The endpoint of a name, or the default for an empty one.</summary>
    /// <exception cref="UserException">There is none.</exception>
    public (string Name, RemoteEndpoint Endpoint) Find(string name)
    {
        string wanted = name.Length > 0 ? name : Default.Length > 0 ? Default : throw new UserException("no remote endpoint is the default", "choose one: kerr remote use NAME");
        return _all.TryGetValue(wanted, out RemoteEndpoint? found) ? (wanted, found) : throw Unknown(wanted);
    }

    /// <summary>Makes an endpoint the default of the user.</summary>
    /// <exception cref="UserException">There is none of the name, or the site allows no choice.</exception>
    public void Use(string name)
    {
        _ = Find(name);
        foreach ((string other, RemoteEndpoint remote) in _all)
        {
            if (remote is { Exclusive: true, System: true } && other != name)
            {
                throw new UserException($"could not use {name}: remote {other} has been set exclusive by the system administrator", $"use {other}, or ask the administrator");
            }
        }

        _own.Active = name;
    }

    /// <summary>Keeps a login at an endpoint in the user's file; an empty token forgets it.</summary>
    public void SetToken(string name, string token)
    {
        RemoteEndpoint endpoint = Find(name).Endpoint;
        if (token.Length == 0 && endpoint.System)
        {
            _own.Remotes.Remove(name);
            return;
        }

        _own.Remotes[name] = endpoint with { Token = token, Keyservers = endpoint.System ? [] : endpoint.Keyservers };
    }

    /// <summary>Adds an endpoint to a file.</summary>
    /// <exception cref="UserException">The name is taken.</exception>
    public static void Add(RemoteFile file, string name, RemoteEndpoint endpoint)
    {
        // Names are shown in tables and typed on command lines.
        if (name.Length == 0 || name.AsSpan().ContainsAny(s_outside))
        {
            throw new UserException($"\"{name}\" is no name for a remote", "use letters, digits, dots and dashes");
        }

        if (!file.Remotes.TryAdd(name, endpoint))
        {
            throw new UserException($"{name} is already a remote", $"give it another name, or remove that one: kerr remote remove {name}");
        }
    }

    internal static UserException Unknown(string name) => new($"{name} is not a remote", "kerr remote list shows those that are configured");
}

using System.Collections.Generic;
using Kerr.Linux;

namespace Kerr.Registry.Remotes;

/// <summary>The keyservers of an endpoint: its own first, unless they were put in another order.</summary>
/// <param name="own">The address of the endpoint's own; null where it is not known.</param>
public sealed class KeyserverList(RemoteEndpoint endpoint, string? own)
{
    private readonly List<Keyserver> _servers = WithOwn(endpoint, own);

    /// <summary>In the order of asking, with those that were taken out.</summary>
    public IReadOnlyList<Keyserver> All => _servers;

    /// <summary>Those that are asked.</summary>
    public IReadOnlyList<Keyserver> Asked => _servers.FindAll(static server => !server.Skip);

    /// <param name="order">From 1; null for the end.</param>
    /// <exception cref="UserException">It is there already, or the order is none.</exception>
    public void Add(string address, long? order, bool insecure)
    {
        string uri = Keyserver.Normalize(address);
        if (order < 1)
        {
            throw new UserException("order must be > 0", "the first one asked is --order 1");
        }

        int there = _servers.FindIndex(server => server.Uri == uri);
        if (there >= 0 && !_servers[there].Skip)
        {
            throw new UserException($"{address} is already configured", "to move it, remove it first: kerr keyserver remove " + address);
        }

        bool external = there < 0 || _servers[there].External;
        if (there >= 0)
        {
            _servers.RemoveAt(there);
        }

        int most = Asked.Count + 1;
        if (order > most)
        {
            throw new UserException($"order is out of range: maximum is {most}", "leave --order out to add it at the end");
        }

        _servers.Insert(PlaceOf(order is { } wanted ? (int)wanted : most), new Keyserver(uri, external, insecure));
    }

    /// <exception cref="UserException">It is not there, or the last one.</exception>
    public void Remove(string address)
    {
        string uri = Keyserver.Normalize(address);
        int there = _servers.FindIndex(server => server.Uri == uri && !server.Skip);
        if (there < 0)
        {
            throw new UserException($"{address} is not configured", "kerr keyserver list shows those that are");
        }

        if (Asked.Count == 1)
        {
            throw new UserException($"the primary keyserver {address} can't be removed", "add another one first: kerr keyserver add URL");
        }

        if (_servers[there].External)
        {
            _servers.RemoveAt(there);
        }
        else
        {
            // It would come back with the next look at the endpoint.
            _servers[there] = _servers[there] with { Skip = true };
        }
    }

    private static List<Keyserver> WithOwn(RemoteEndpoint endpoint, string? own)
    {
        List<Keyserver> servers = [.. endpoint.Keyservers];
        if (own is not null && !servers.Exists(server => server.Uri == own))
        {
            servers.Insert(0, new Keyserver(own));
        }

        return servers;
    }

    // Those that were taken out do not count in the order.
    private int PlaceOf(int order)
    {
        int at = 0;
        for (int asked = 0; at < _servers.Count && asked < order - 1; at++)
        {
            asked += _servers[at].Skip ? 0 : 1;
        }

        return at;
    }
}

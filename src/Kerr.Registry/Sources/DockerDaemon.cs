using System;
using System.IO;
using System.Net.Http;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.References;

namespace Kerr.Registry.Sources;

/// <summary>An image of a Docker daemon on this host or another, by the API that its socket serves.</summary>
/// <remarks>Docker Engine API: <c>GET /images/NAME/json</c> tells the id, <c>GET /images/NAME/get</c> gives what <c>docker save</c> writes.</remarks>
public sealed class DockerDaemon : IDisposable
{
    public const string UsualHost = "unix:///var/run/docker.sock";
    private const int LargestDescription = 4 << 20;
    private readonly HttpClient _client;
    private readonly Uri _address;
    private readonly string _host;
    private readonly string _name;
    private readonly RegistryOptions _options;

    private DockerDaemon(HttpClient client, Uri address, string host, string name, RegistryOptions options)
        => (_client, _address, _host, _name, _options) = (client, address, host, name, options);

    /// <summary>The digest of the image's configuration, which is Docker's name for what does not change.</summary>
    public Digest Id { get; private set; }

    /// <summary>Asks the daemon for an image.</summary>
    /// <param name="host">As DOCKER_HOST has it: <c>unix:///path</c>, <c>tcp://host:port</c>; empty for the usual socket.</param>
    /// <exception cref="UserException">No daemon answers there, or it has no such image.</exception>
    public static DockerDaemon Find(string name, string host, RegistryOptions options)
    {
        host = host.Length > 0 ? host : UsualHost;
        if (name.Length == 0)
        {
            throw new UserException("docker-daemon: names no image", "write it like this: docker-daemon:alpine:latest");
        }

        const string Socket = "unix://";
        bool local = host.StartsWith(Socket, StringComparison.Ordinal);
        string path = local ? host[Socket.Length..] : "";
        string address = local ? "http://docker/" : host.Replace("tcp://", "http://", StringComparison.Ordinal).TrimEnd('/') + "/";
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || (local && !path.StartsWith('/')))
        {
            throw new UserException($"{host} is no address of a Docker daemon", "set DOCKER_HOST=unix:///var/run/docker.sock, or tcp://host:port");
        }

        if (local && FileSystem.TryStat(path) is null)
        {
            throw new UserException($"no Docker daemon answers at {host}: there is no such socket", "start it, or say where it is: DOCKER_HOST=unix:///path");
        }

        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(10) };
        if (local)
        {
            handler.ConnectCallback = (_, _) =>
            {
                // Not awaited: requests are sent by the blocking call.
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    socket.Connect(new UnixDomainSocketEndPoint(ByteText.ToUnicode(path)));
                    return new(new NetworkStream(socket, ownsSocket: true));
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        var daemon = new DockerDaemon(new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan }, uri, host, name, options);
        try
        {
            using HttpResponseMessage response = daemon.Get("json");
            using JsonDocument description = Json.Parse(RegistryHost.ReadLimited(response, LargestDescription), "the daemon's description");
            daemon.Id = Digest.Parse(Json.Text(description.RootElement, "Id"));
            return daemon;
        }
        catch (InvalidDataException damage)
        {
            daemon.Dispose();
            throw new UserException($"what answers at {host} is no Docker daemon: {damage.Message}", "check DOCKER_HOST", damage);
        }
        catch
        {
            daemon.Dispose();
            throw;
        }
    }

    /// <summary>Fetches the image into a file without a name, and opens it.</summary>
    public OciImage Open(Platform platform, string temporary, Action<long> progress)
    {
        using var file = new UnnamedFile(temporary + "/docker-image");
        try
        {
            using HttpResponseMessage response = Get("get");
            using Stream body = response.Content.ReadAsStream();
            var buffer = new byte[1 << 18];
            long at = 0;
            for (int count; (count = body.Read(buffer)) > 0; at += count)
            {
                _options.Cancel.ThrowIfCancellationRequested();
                FileCalls.Write(file.File, at, buffer.AsSpan(0, count));
                progress(count);
            }

            return DockerArchive.Open(file.Release(), $"what the Docker daemon gave for {_name}", platform, temporary);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ENOSPC or Errno.EDQUOT)
        {
            throw new UserException($"no space is left in {temporary} for the image {_name}", "name a directory with more room: TMPDIR=/scratch/$USER", failure);
        }
        catch (IOException failure)
        {
            throw new UserException($"the Docker daemon at {_host} broke off while it gave {_name}: {failure.Message}", "try again", failure);
        }
    }

    public void Dispose() => _client.Dispose();

    private HttpResponseMessage Get(string what)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_address, $"images/{Uri.EscapeDataString(ByteText.ToUnicode(_name))}/{what}"));
        try
        {
            HttpResponseMessage response = _client.Send(request, HttpCompletionOption.ResponseHeadersRead, _options.Cancel);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            int status = (int)response.StatusCode;
            response.Dispose();
            throw status == 404
                ? new UserException($"the Docker daemon at {_host} has no image {_name}", $"docker image ls shows those that it has; docker pull {_name}")
                : new UserException($"the Docker daemon at {_host} answers {status} for {_name}", "its log says why");
        }
        catch (HttpRequestException failure)
        {
            bool denied = failure.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied };
            throw new UserException(
                $"no Docker daemon answers at {_host}: {failure.InnerException?.Message ?? failure.Message}",
                denied ? "ask its administrator for the right to use it, or save the image there: docker save -o FILE IMAGE" : "start it, or say where it is: DOCKER_HOST=unix:///path", failure);
        }
    }
}

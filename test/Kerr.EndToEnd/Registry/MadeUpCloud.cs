using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading;

namespace Kerr.EndToEnd.Registry;

/// <summary>An endpoint on loopback with a library and a token service, for whoever has its token.</summary>
internal sealed class MadeUpCloud : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly string _token;

    internal MadeUpCloud(string token)
    {
        _token = token;
        for (int tries = 0; ; tries++)
        {
            Host = $"127.0.0.1:{Random.Shared.Next(20000, 32000).ToString(CultureInfo.InvariantCulture)}";
            try
            {
                _listener.Prefixes.Clear();
                _listener.Prefixes.Add($"http://{Host}/");
                _listener.Start();
                break;
            }
            catch (HttpListenerException) when (tries < 20)
            {
                // Somebody has that port.
            }
        }

        new Thread(Serve) { IsBackground = true }.Start();
    }

    internal string Host { get; }

    /// <summary>The one image of its library, group/default/tool:1.</summary>
    internal byte[] Image { get; init; } = [];

    internal List<string> Deleted { get; } = [];

    /// <summary>What uploads have left: its images can be pulled no more than those of the real one's store can.</summary>
    internal MadeUpLibrary Uploads { get; init; } = new();

    public void Dispose() => _listener.Close();

    private void Serve()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = _listener.GetContext();
                string path = context.Request.RawUrl!;
                bool known = context.Request.Headers["Authorization"] == "Bearer " + _token;
                var content = new MemoryStream();
                context.Request.InputStream.CopyTo(content);
                (int status, byte[] body) = Uploads.Answer(context.Request, $"http://{Host}", content.ToArray(), known)
                    ?? Answer(context.Request.HttpMethod, path, known);
                if (path.StartsWith("/store/", StringComparison.Ordinal))
                {
                    context.Response.Headers["ETag"] = "\"" + path[^1] + "\"";
                }

                context.Response.StatusCode = status;
                context.Response.OutputStream.Write(body);
                context.Response.Close();
            }
        }
        catch (Exception end) when (end is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // Closed.
        }
    }

    private (int Status, byte[] Body) Answer(string method, string path, bool known)
    {
        string address = $"http://{Host}";
        string? text = path switch
        {
            "/assets/config/config.prod.json" => "{\"libraryAPI\":{\"uri\":\"" + address + "/\"},\"tokenAPI\":{\"uri\":\"" + address + "/token\"}}",
            "/version" => """{"data":{"version":"v1.2.3"}}""",
            _ => null,
        };
        if (text is null && !known)
        {
            return (401, []);
        }

        if (method == "DELETE" && path.Contains("/tool:1?", StringComparison.Ordinal))
        {
            Deleted.Add(path);
            return (200, []);
        }

        text ??= path switch
        {
            "/token/v1/token-status" => "{}",
            "/v1/rbac/users/current" => """{"oidc_user_meta":{"secret":"s3cret"}}""",
            "/v1/images/group/default/tool:1?arch=amd64" => "{\"data\":{\"hash\":\"sha256." + Convert.ToHexStringLower(SHA256.HashData(Image)) + "\"}}",
            _ when path.StartsWith("/v1/search?value=tool&arch=amd64", StringComparison.Ordinal)
                => """{"data":{"image":[{"entityName":"group","collectionName":"default","containerName":"tool","tags":["1","latest"],"description":"a \u001b[31mtool"}]}}""",
            _ => null,
        };
        return text is not null ? (200, Encoding.UTF8.GetBytes(text))
            : path.StartsWith("/v1/imagefile/group/default/tool:1?", StringComparison.Ordinal) ? (200, Image) : (404, []);
    }
}

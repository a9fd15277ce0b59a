using System;
using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;

namespace Kerr.EndToEnd.Registry;

/// <summary>A docker-registry of Debian on loopback, with or without a login.</summary>
internal sealed class LocalRegistry : IDisposable
{
    internal const string User = "reader", Password = "p:a$s";
    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly HttpClient _client = new();

    internal LocalRegistry(bool login = false)
    {
        Need.Program("docker-registry");
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Host = $"127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)}";
        }

        string directory = Harness.Host.Directory();
        string auth = "";
        if (login)
        {
            Need.Program("htpasswd");
            File.WriteAllText($"{directory}/users", Harness.Host.Run("htpasswd", "-Bbn", User, Password));
            auth = $"auth: {{htpasswd: {{realm: test, path: {directory}/users}}}}\n";
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}")));
        }

        File.WriteAllText($"{directory}/config.yml", $"version: 0.1\nlog: {{accesslog: {{disabled: false}}}}\nstorage: {{filesystem: {{rootdirectory: {directory}/data}}, delete: {{enabled: true}}}}\nhttp: {{addr: \"{Host}\"}}\n{auth}");
        _process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", $"{directory}/config.yml"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        for (int i = 0; i < 200 && !Answers(); i++)
        {
            Thread.Sleep(50);
        }
    }

    internal string Host { get; }

    /// <summary>How often a path was asked for by GET, by the access log.</summary>
    internal int Gets(string part)
    {
        Thread.Sleep(200);  // the log comes behind
        lock (_log)
        {
            return _log.ToString().Split('\n').Count(line => line.Contains("\"GET /", StringComparison.Ordinal) && line.Contains(part, StringComparison.Ordinal) && line.Contains("\" 200 ", StringComparison.Ordinal));
        }
    }

    /// <summary>Puts an image of two layers with busybox in it into a repository; gives the digest of its manifest.</summary>
    internal string Put(string repository, string tag, bool withShell = false)
    {
        Need.Program("busybox");
        string lower = Blob(repository, Layer(tar =>
        {
            Entry(tar, new PaxTarEntry(TarEntryType.Directory, "bin/"));
            using var busybox = File.OpenRead(File.Exists("/bin/busybox") ? "/bin/busybox" : "/usr/bin/busybox");
            Entry(tar, new PaxTarEntry(TarEntryType.RegularFile, "bin/busybox") { DataStream = busybox });
            foreach (string name in (string[])["sh", "cat", "echo", "ls", "stat"])
            {
                Entry(tar, new PaxTarEntry(TarEntryType.SymbolicLink, "bin/" + name) { LinkName = "busybox" });
            }

            Entry(tar, new PaxTarEntry(TarEntryType.RegularFile, "deleted") { DataStream = new MemoryStream("x"u8.ToArray()) });
            Entry(tar, new PaxTarEntry(TarEntryType.RegularFile, "owned") { DataStream = new MemoryStream("x"u8.ToArray()), Uid = 1234 });
        }));
        string upper = Blob(repository, Layer(tar =>
        {
            if (withShell)
            {
                // What engines start commands with; the shell of busybox knows enough of it.
                Entry(tar, new PaxTarEntry(TarEntryType.RegularFile, "bin/bash") { DataStream = new MemoryStream("#!/bin/sh\nexec /bin/sh \"$@\"\n"u8.ToArray()) });
            }

            Entry(tar, new PaxTarEntry(TarEntryType.RegularFile, ".wh.deleted"));
            Entry(tar, new PaxTarEntry(TarEntryType.RegularFile, "hello") { DataStream = new MemoryStream("from a registry\n"u8.ToArray()) });
        }));
        string config = Blob(repository, """{"architecture":"amd64","os":"linux","created":"2024-01-02T03:04:05Z","config":{"Env":["PATH=/bin","WHAT=image"],"Cmd":["cat","/hello"]}}"""u8.ToArray());
        const string Type = "application/vnd.oci.image.manifest.v1+json", LayerType = "application/vnd.oci.image.layer.v1.tar+gzip";
        byte[] manifest = Encoding.UTF8.GetBytes("{\"schemaVersion\":2,\"mediaType\":\"" + Type + "\",\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\"," + config
            + "},\"layers\":[{\"mediaType\":\"" + LayerType + "\"," + lower + "},{\"mediaType\":\"" + LayerType + "\"," + upper + "}]}");
        using var content = new ByteArrayContent(manifest);
        content.Headers.ContentType = new MediaTypeHeaderValue(Type);
        _client.PutAsync($"http://{Host}/v2/{repository}/manifests/{tag}", content).Result.EnsureSuccessStatusCode();
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(manifest));
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _client.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
        {
            _log.Append(line.Data).Append('\n');
        }
    }

    private bool Answers()
    {
        try
        {
            return _client.GetAsync($"http://{Host}/v2/").Result.IsSuccessStatusCode;
        }
        catch (AggregateException)
        {
            return false;
        }
    }

    private string Blob(string repository, byte[] bytes)
    {
        string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        Uri place = _client.PostAsync($"http://{Host}/v2/{repository}/blobs/uploads/", null).Result.EnsureSuccessStatusCode().Headers.Location!;
        using var content = new ByteArrayContent(bytes);
        _client.PutAsync($"{new Uri(new Uri($"http://{Host}/"), place)}&digest={digest}", content).Result.EnsureSuccessStatusCode();
        return $"\"digest\":\"{digest}\",\"size\":{bytes.Length}";
    }

    private static byte[] Layer(Action<TarWriter> fill)
    {
        var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            fill(tar);
        }

        return bytes.ToArray();
    }

    private static void Entry(TarWriter tar, PaxTarEntry entry)
    {
        entry.Mode = Modes.Everybody;
        entry.ModificationTime = DateTimeOffset.UnixEpoch.AddYears(50);
        tar.WriteEntry(entry);
    }
}

using System;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Registry;

/// <summary>docker-daemon: with a made-up daemon on a socket, and docker-archive: with what such a daemon saves.</summary>
public sealed class DockerDaemonTests : IDisposable
{
    private readonly Caller _user;
    private readonly string _socket;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly byte[] _archive;
    private int _saved;

    public DockerDaemonTests()
    {
        string home = Host.Directory(TestUser.First);
        _user = As.User.In(home).With($"HOME={home}");
        _socket = home + "/docker.sock";
        _archive = SavedImage.Archive("tool:1", "from docker\n");
        _listener.Bind(new UnixDomainSocketEndPoint(_socket));
        File.SetUnixFileMode(_socket, (UnixFileMode)0x1FF);
        _listener.Listen();
        new Thread(Serve) { IsBackground = true }.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void An_image_of_the_daemon_runs_and_is_kept_by_its_id()
    {
        Caller user = _user.With($"DOCKER_HOST=unix://{_socket}");
        user.Run("exec", "docker-daemon:tool:1", "cat", "/hello").Shows("from docker");
        user.Run("pull", "x.sif", "docker-daemon:tool:1").Succeeds();
        Assert.Equal(1, _saved);
        _user.Run("build", "--sandbox", "--docker-host", $"unix://{_socket}", "box", "docker-daemon:tool:1").Succeeds();
        _user.Run("exec", "box", "cat", "/hello").Shows("from docker");

        Host.Write($"{_user.WorkingDirectory}/image.def", "Bootstrap: docker-daemon\nFrom: tool:1\n%post\n cat /hello > /made\n");
        user.Run("build", "--ignore-subuid", "made.sif", "image.def").Succeeds();
        user.Run("exec", "made.sif", "cat", "/made").Shows("from docker");
    }

    [Fact]
    public void What_the_daemon_has_not_and_where_there_is_none_is_told()
    {
        _user.With($"DOCKER_HOST=unix://{_socket}").Run("exec", "docker-daemon:none:1", "true").IsFatal("has no image none:1");
        _user.With("DOCKER_HOST=unix:///no/such.sock").Run("exec", "docker-daemon:tool:1", "true").IsFatal("no Docker daemon answers at unix:///no/such.sock");
        _user.With("DOCKER_HOST=nonsense").Run("exec", "docker-daemon:tool:1", "true").IsFatal("nonsense is no address of a Docker daemon");
        File.SetUnixFileMode(_socket, UnixFileMode.None);
        _user.With($"DOCKER_HOST=unix://{_socket}").Run("exec", "docker-daemon:tool:1", "true").IsFatal("no Docker daemon answers");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]      // a file without a name is all that there is then
    public void Another_archive_of_the_same_name_is_another_base(bool withoutCache)
    {
        string archive = $"{_user.WorkingDirectory}/saved.tar";
        foreach (string text in (string[])["first", "second"])
        {
            File.WriteAllBytes(archive, SavedImage.Archive("tool:1", text + "\n"));
            Host.Write($"{_user.WorkingDirectory}/image.def", $"Bootstrap: docker-archive\nFrom: {archive}\n%post\n cat /hello > /made\n");
            _user.Run(["build", "--force", "--ignore-subuid", .. withoutCache ? (string[])["--disable-cache"] : [], "made.sif", "image.def"]).Succeeds();
            _user.Run("exec", "made.sif", "cat", "/made").Prints(text);
        }

        As.Root.In(_user.WorkingDirectory).Run("build", "--force", "--disable-cache", "root.sif", "image.def").Succeeds();
        _user.Run("exec", "root.sif", "cat", "/made").Prints("second");
    }

    private void Serve()
    {
        try
        {
            while (true)
            {
                using Socket client = _listener.Accept();
                using var stream = new NetworkStream(client);
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                string path = (reader.ReadLine() ?? "").Split(' ').ElementAtOrDefault(1) ?? "";
                while (reader.ReadLine() is { Length: > 0 })
                {
                }

                (int status, byte[] body) = path switch
                {
                    "/images/tool%3A1/json" => (200, Encoding.ASCII.GetBytes("{\"Id\":\"sha256:" + Convert.ToHexStringLower(SHA256.HashData(_archive)) + "\"}")),
                    "/images/tool%3A1/get" => (200, _archive),
                    _ => (404, []),
                };
                _saved += path.EndsWith("/get", StringComparison.Ordinal) ? 1 : 0;
                stream.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"));
                stream.Write(body);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException or IOException)
        {
            // Closed.
        }
    }
}

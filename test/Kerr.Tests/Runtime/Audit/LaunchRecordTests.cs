using System;
using System.Text.Json;
using Kerr.Image;
using Kerr.Plan;
using Kerr.Runtime.Audit;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;
using Kerr.Tests.Runtime.Launch;
using Xunit;

namespace Kerr.Tests.Runtime.Audit;

public class LaunchRecordTests
{
    private const string Secret = "s3cr3t-t0ken";

    [Fact]
    public void A_start_says_who_where_what_and_how()
    {
        JsonElement record = Start(new LaunchRequest { Action = LaunchAction.Exec, Image = "/images/tree", Arguments = ["id"] });

        Assert.Equal("reported", record.GetProperty("trust").GetString());
        Assert.Equal("start", record.GetProperty("event").GetString());
        Assert.Equal(1000, record.GetProperty("uid").GetInt32());
        Assert.Equal(4711, record.GetProperty("pid").GetInt32());
        Assert.Equal(98765, record.GetProperty("started").GetInt64());
        Assert.Equal(1001, record.GetProperty("loginuid").GetInt32());
        Assert.Equal("userns", record.GetProperty("mode").GetString());
        Assert.Equal("0::/system.slice/slurmstepd.scope/job_7/step_0", record.GetProperty("cgroup").GetString());
        Assert.Equal("parent) (of", record.GetProperty("parents")[0].GetProperty("name").GetString());
        Assert.Equal("9", record.GetProperty("claimed").GetProperty("SLURM_JOB_ID").GetString());
        Assert.Equal("?", record.GetProperty("claimed").GetProperty("PBS_JOBID").GetString());
        Assert.Equal("/images/tree", record.GetProperty("image").GetProperty("path").GetString());
        Assert.Equal(new Sha256().Add("id").Finish(), record.GetProperty("argumentsDigest").GetString());
    }

    [Fact]
    public void No_argument_variable_or_credential_gets_into_it()
    {
        var request = new LaunchRequest
        {
            Action = LaunchAction.Run,
            Image = "/images/tree",
            Arguments = ["--password", Secret],
            Environment = [new("TOKEN", Secret)],
        };

        string record = Start(request, $"docker://user:{Secret}@registry.example.org/image?token={Secret}#{Secret}").GetRawText();

        Assert.DoesNotContain(Secret, record, StringComparison.Ordinal);
        Assert.Contains("docker://registry.example.org/image\"", record, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://a:b@host/x", "https://host/x")]
    [InlineData("https://host/x@1.0", "https://host/x@1.0")]       // a version, behind the host
    [InlineData("oras://a:b/c@host/x", "oras://a:b/c@host/x")]     // no user: a slash comes before
    [InlineData("https://a@b@host", "https://host")]
    [InlineData("/plain/path?x@y", "/plain/path?x@y")]
    public void A_URI_loses_its_credentials(string uri, string expected) => Assert.Equal(expected, LaunchRecord.WithoutCredentials(uri));

    [Fact]
    public void The_longest_request_makes_a_record_that_a_sink_takes()
    {
        string[] overlays = new string[3000];
        Array.Fill(overlays, new string('\xff', 3000));
        var request = new LaunchRequest { Action = LaunchAction.Exec, Image = "/" + new string('\n', 4000), Arguments = ["x"], Overlays = overlays };
        MadeUpHost host = Host();
        var identity = new ImageIdentity(request.Image, ImageKind.Sif, "8:1", 5, 6, 7, Guid.NewGuid().ToString(), new string('a', 64), [new string('A', 40)]);
        LaunchPlan plan = Plan(request with { Image = "/images/tree", Overlays = [] }, host) with { Request = request };

        string record = LaunchRecord.Start(LaunchRecord.Launch.Now(host), plan, identity, new string('"', 5000), null);

        Assert.InRange(record.Length, 100, RecordFormat.MostBytes);
        Assert.Contains("truncated", record, StringComparison.Ordinal);
    }

    [Fact]
    public void An_end_is_completed_by_numbers()
    {
        LaunchRecord.Launch launch = LaunchRecord.Launch.Now(Host());
        JsonElement end = JsonDocument.Parse(LaunchRecord.Ending(launch) + "256,0,1,0,2,3]}").RootElement;

        Assert.Equal("exit", end.GetProperty("event").GetString());
        Assert.Equal(launch.Id, end.GetProperty("launch").GetString());
        Assert.Equal(6, end.GetProperty("end").GetArrayLength());
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(LaunchRecord.Failed(launch)).RootElement.ValueKind);
    }

    private static JsonElement Start(LaunchRequest request, string? uri = null)
    {
        MadeUpHost host = Host();
        var image = new ImageIdentity("/images/tree", ImageKind.Sandbox, "8:1", 5, 6, 7, null, null, []);
        return JsonDocument.Parse(LaunchRecord.Start(LaunchRecord.Launch.Now(host), Plan(request, host), image, uri, "digest")).RootElement;
    }

    private static LaunchPlan Plan(LaunchRequest request, MadeUpHost host)
    {
        using var image = new ImageFacts(new ImageFile("/images/tree", ImageKind.Sandbox, null), "/images/tree", null, 0xEF53, Writable: false);
        return Planner.Plan(request, SiteConfiguration.Default, image, host, new Installation("/opt/kerr"));
    }

    private static MadeUpHost Host()
    {
        var host = new MadeUpHost { Environment = ["PATH=/bin", "SLURM_JOB_ID=9", $"PBS_JOBID=a b\n{Secret}", $"AWS_SECRET={Secret}"] };
        host.Texts["/proc/self/stat"] = "4711 (kerr) S 4000 4711 3999 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 98765 0 0";
        host.Texts["/proc/4000/stat"] = "4000 (parent) (of) S 1 4000 3999 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 55 0 0";
        host.Texts["/proc/self/loginuid"] = "1001";
        host.Texts["/proc/self/cgroup"] = "0::/system.slice/slurmstepd.scope/job_7/step_0";
        return host;
    }
}

using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>`--mount`, the long form of a bind.</summary>
public class MountOptionTests
{
    private readonly string source = Host.Directory(TestUser.First);

    public MountOptionTests() => Host.Write($"{source}/file", "of the host\n");

    [Theory]
    [InlineData("type=bind,source=S,destination=/mnt")]
    [InlineData("type=bind,src=S,dst=/mnt")]
    [InlineData("type=bind,source=S,target=/mnt,ro")]
    [InlineData("type=bind,\"source=S\",\"destination=/mnt\"")]
    [InlineData("destination=/mnt,type=bind,source=S")]
    public void Every_form_binds(string form)
        => As.User.Run("exec", "--mount", form.Replace("S", source), Images.Directory, "cat", "/mnt/file").Prints("of the host");

    [Theory]
    [InlineData("ro")]
    [InlineData("readonly")]
    public void Read_only_is_read_only(string word)
        => As.User.Run("exec", "--mount", $"type=bind,source={source},destination=/mnt,{word}", Images.Directory, "touch", "/mnt/new").Ends(1).Warns("Read-only file system");

    [Fact]
    public void Commas_stand_in_quotes()
    {
        Host.Write($"{source}/a,b \"c\"/in", "found\n");
        As.User.Run("exec", "--mount", $"type=bind,\"source={source}/a,b \"\"c\"\"\",destination=/mnt", Images.Directory, "cat", "/mnt/in").Prints("found");
    }

    [Fact]
    public void Colons_need_no_escape()
    {
        Host.Write($"{source}/a:b/in", "found\n");
        As.User.Run("exec", "--mount", $"type=bind,source={source}/a:b,destination=/mnt", Images.Directory, "cat", "/mnt/in").Prints("found");
    }

    [Fact]
    public void Repeats_and_goes_with_binds_and_the_variable()
        => As.User.With($"APPTAINER_MOUNT=type=bind,source={source},destination=/three")
            .Run("exec", "--mount", $"type=bind,source={source},destination=/one", "--mount", $"type=bind,source={source},destination=/two", "-B", $"{source}:/four",
                Images.Directory, "cat", "/one/file", "/two/file", "/three/file", "/four/file")
            .Prints("of the host\nof the host\nof the host\nof the host");

    [Fact]
    public void Nonested_is_not_told_to_containers_inside()
        => As.User.Run("exec", "-B", $"{source}:/visible:ro,{source}/file:/etc/visible", "--mount", $"type=bind,source={source},destination=/hidden,nonested",
                "--mount", $"type=bind,source={source},destination=/mounted", Images.Directory, "sh", "-c", "cat /hidden/file; echo $APPTAINER_BIND $SINGULARITY_BIND")
            .Prints("of the host\n/visible,/etc/visible,/mounted /visible,/etc/visible,/mounted");

    [Theory]
    [InlineData("source=/etc,destination=/mnt", "type none")]
    [InlineData("type=tmpfs,source=/etc,destination=/mnt", "type tmpfs")]
    [InlineData("type=bind,destination=/mnt", "has no source")]
    [InlineData("type=bind,source=/etc", "has no destination")]
    [InlineData("type=bind,source=/etc,destination=/mnt,bind-propagation=shared", "bind-propagation")]
    [InlineData("type=bind,source=/etc,destination=/mnt,frob", "does not know frob")]
    [InlineData("type=bind,\"source=/etc,destination=/mnt", "quote")]
    public void What_is_no_mount_is_said(string mount, string message)
        => As.User.Run("exec", "--mount", mount, Images.Directory, "true").IsFatal(message);
}

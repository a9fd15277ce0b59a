using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch.Planning;
using Xunit;

namespace Kerr.Tests.Runtime.Launch;

/// <summary>S19: what lies below a directory.</summary>
public class ImagePolicyTests
{
    [Theory]
    [InlineData("/s/image", "/s", true)]
    [InlineData("/s", "/s", true)]
    [InlineData("/s/a/b", "/s/a", true)]
    [InlineData("/anything", "/", true)]
    [InlineData("/s/\n/image", "/s", true)]
    [InlineData("/s2/image", "/s", false)]
    [InlineData("/s\n/image", "/s", false)]
    [InlineData("/s /image", "/s", false)]
    [InlineData("/S/image", "/s", false)]
    [InlineData("/", "/s", false)]
    [InlineData("/t/s/image", "/s", false)]
    [InlineData("/s", "/s/image", false)]
    public void Names_are_compared_as_a_whole(string path, string directory, bool below)
        => Assert.Equal(below, ImagePolicy.IsBelow(path, directory));

    [Theory]
    [InlineData("/s", true)]
    [InlineData("/s/, //t/./u", true)]
    [InlineData("/..s", true)]
    [InlineData("s", false)]
    [InlineData("/s, t", false)]
    [InlineData("/s/..", false)]
    [InlineData("/s/../t", false)]
    [InlineData("~/s", false)]
    public void A_limit_that_could_never_hold_is_a_mistake(string value, bool right)
        => Assert.Equal(right, ConfigurationReader.Problem(Directives.LimitContainerPaths, value) is null);
}

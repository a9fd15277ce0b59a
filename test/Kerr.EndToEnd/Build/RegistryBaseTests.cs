using Kerr.EndToEnd.Registry;
using Xunit;

namespace Kerr.EndToEnd.Build;

/// <summary>Definitions that start from an image of a registry.</summary>
public class RegistryBaseTests
{
    [Theory]
    [InlineData(Builder.Root)]
    [InlineData(Builder.Range)]
    [InlineData(Builder.Single)]
    public void A_base_of_a_registry_is_fetched_once_and_built_upon(Builder builder)
    {
        using var registry = new LocalRegistry();
        registry.Put("group/tool", "1");
        var definition = new Definition(builder, $"Bootstrap: docker\nFrom: {registry.Host}/group/tool:1\n\n%post\n cat /hello > /made\n%environment\n export MORE=yes\n");

        definition.Then("cat /made; echo $WHAT $MORE").Prints("from a registry\nimage yes");
        Assert.Equal(3, registry.Gets("/blobs/"));

        definition.Change($"Bootstrap: docker\nRegistry: {registry.Host}\nNamespace: group\nFrom: tool:1\n\n%post\n cat /hello > /again\n");
        definition.Then("cat /again").Prints("from a registry");
        Assert.Equal(3, registry.Gets("/blobs/"));
    }

    [Fact]
    public void A_name_that_is_not_there_is_told()
    {
        using var registry = new LocalRegistry();
        new Definition(Builder.Single, $"Bootstrap: docker\nFrom: {registry.Host}/no/such:1\n").Build().IsFatal("no/such");
    }
}

using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>Binds whose source is a file system inside an image: `image-src=` and `id=`.</summary>
public class ImageBindTests
{
    private readonly string data = new ImageTree().File("/top", "top\n").File("/below/deep", "deep\n").SquashFs("data.sqfs");

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void A_squashfs_is_bound_whole_or_in_part(Profile profile)
    {
        As.By(profile).Run("exec", "-B", $"{data}:/mnt:image-src=/", Images.Directory, "cat", "/mnt/top", "/mnt/below/deep").Prints("top\ndeep");
        As.By(profile).Run("exec", "-B", $"{data}:/new/place:image-src=/below", Images.Directory, "cat", "/new/place/deep").Prints("deep");
    }

    [Fact]
    public void Two_parts_of_one_image_are_bound_at_once_and_cannot_be_written()
    {
        Result result = As.User.Run("exec", "-B", $"{data}:/one:image-src=/,{data}:/two:image-src=/below", Images.Sif, "sh", "-c", "cat /one/top /two/deep; touch /one/new");
        Assert.Equal("top\ndeep", result.Ends(1).Line);
        result.Warns("Read-only file system");
    }

    [Fact]
    public void A_partition_is_named_by_its_number()
    {
        As.User.Run("exec", "-B", $"{data}:/mnt:id=1", Images.Directory, "cat", "/mnt/top").Prints("top");
        As.User.Run("exec", "-B", $"{data}:/mnt:id=2", Images.Directory, "true").IsFatal("one partition only");
        As.User.Run("exec", "-B", $"{data}:/mnt:id=0", Images.Directory, "true").IsFatal("a partition number that is none");
    }

    [Fact]
    public void A_directory_has_no_partitions()
        => As.User.Run("exec", "-B", $"{Images.Directory}:/mnt:image-src=/", Images.Directory, "true").IsFatal("is a directory, not an image with partitions");
}

using System.IO;
using Kerr.Tests;

namespace Kerr.EndToEnd.Harness;

/// <summary>Overlay images as `overlay create` makes them.</summary>
internal static class Overlays
{
    /// <summary>A new image in a directory of the user's own (or of root's), made by who is going to use it.</summary>
    public static string Create(Profile profile, params string[] options)
    {
        Need.Program("mke2fs");
        Need.Program("fuse2fs");
        Need.Program("fuse-overlayfs");
        string path = $"{Host.Directory(profile == Profile.Root ? null : TestUser.First)}/overlay.img";
        AddTo(path, profile, options);
        return path;
    }

    /// <summary>A copy of <see cref="Images.OwnSif"/> with an overlay partition in it.</summary>
    public static string Sif(Profile profile)
    {
        string path = $"{Host.Directory(profile == Profile.Root ? null : TestUser.First)}/with-overlay.sif";
        File.Copy(Images.OwnSif, path);
        File.SetUnixFileMode(path, Modes.Everybody);
        if (profile != Profile.Root)
        {
            Host.Own(path, TestUser.First);
        }

        AddTo(path, profile);
        return path;
    }

    /// <summary>What the directory `upper` of an image has at a path, as debugfs sees it; "" for nothing.</summary>
    public static string Stat(string image, string path) => Host.Run("debugfs", "-R", $"stat /upper{path}", image);

    /// <summary>Fails when the file system has a fault.</summary>
    public static void Check(string image) => Host.Run("e2fsck", "-fn", image);

    private static void AddTo(string path, Profile profile, params string[] options)
    {
        Caller caller = profile == Profile.Root ? As.Root : As.User;
        caller.Run(["overlay", "create", .. profile == Profile.Fakeroot ? ["--fakeroot"] : System.Array.Empty<string>(), .. options, path]).Succeeds();
    }
}

using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F34, F35: images that are damaged, and images that are replaced while they run. (What stays is looked for after each test.)</summary>
public class F34_DamagedImageTests
{
    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Fakeroot)]
    [InlineData(Profile.Root)]
    public void A_bit_that_is_flipped_anywhere_is_an_error_or_goes_unseen(Profile profile)
    {
        byte[] whole = File.ReadAllBytes(Images.Sif);
        string image = $"{Host.Directory()}/flipped.sif";
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int i = 0, rounds = Rounds.Of(30); i < rounds; i++)
        {
            // The tables at both ends are where numbers are; the middle is data.
            int at = (i % 3) switch { 0 => random.Next(33_000), 1 => whole.Length - 1 - random.Next(8000), _ => random.Next(whole.Length) };
            byte[] bytes = [.. whole];
            bytes[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(image, bytes);
            File.SetUnixFileMode(image, Modes.Readable);

            Result result = As.By(profile).Run("exec", image, "/bin/sh", "-c", "head -1 /etc/os-release");

            // A program whose bytes have changed may do anything; we may not.
            Assert.False(result.Err.Contains("internal error", StringComparison.Ordinal), $"seed {seed}, byte {at}\n{result}");
            Assert.True(result.ExitCode != 255 || result.Err.Length > 0, $"seed {seed}, byte {at}\n{result}");
        }
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Fakeroot)]
    [InlineData(Profile.Root)]
    public void F35_an_image_that_is_replaced_by_rename_goes_on_as_it_was(Profile profile)
    {
        string image = Images.New().File("/data/first", "first\n").File("/data/second", "second\n").Sif(), mark = $"{Host.Directory()}/mark";
        string other = Images.New().File("/data/second", "another\n").Sif();
        using Running running = As.By(profile).Start("exec", "--bind", Path.GetDirectoryName(mark)!, image, "sh", "-c", $"cat /data/first; while [ ! -e {mark} ]; do sleep 0.02; done; cat /data/second");
        running.WaitFor("first");

        File.Move(other, image, overwrite: true);
        Host.Write(mark, "");

        running.Wait().Prints("first\nsecond");
        As.By(profile).Run("exec", image, "cat", "/data/second").Prints("another");
    }
}

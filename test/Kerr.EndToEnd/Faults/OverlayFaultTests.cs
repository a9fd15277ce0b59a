using System;
using System.IO;
using System.Threading;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>Overlay images that are damaged, full, in use or replaced, and hosts without the programs for them.</summary>
public class OverlayFaultTests
{
    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Fakeroot)]
    [InlineData(Profile.Root)]
    public void One_launch_writes_and_the_others_are_told_which(Profile profile)
    {
        string overlay = Overlays.Create(profile);
        Caller caller = As.By(profile);
        string user = profile == Profile.Root ? "root" : TestUser.First.Name;
        using (Running writer = caller.Start("exec", "--overlay", overlay, Images.OwnDirectory, "sh", "-c", "echo ready; sleep 30"))
        {
            writer.WaitFor("ready");
            string who = $"by process {writer.Pid} of user {user} on host {Environment.MachineName} since 20";
            caller.Run("exec", "--overlay", overlay, Images.OwnDirectory, "true").IsFatal($"can't open {overlay} for writing, currently in use {who}");
            caller.Run("exec", "--overlay", overlay + ":ro", Images.OwnDirectory, "true").IsFatal($"can't open {overlay} for reading, currently in use for writing {who}");
            As.Root.Run("exec", "--overlay", overlay, Images.OwnDirectory, "true").IsFatal(who);
            writer.Signal(9);
            writer.Wait();
        }

        // It ends with the launch, however that ended: what comes next waits for what is still to be written.
        caller.Run("exec", "--overlay", overlay, Images.OwnDirectory, "touch", "/next").Succeeds();
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    public void Many_read_and_nobody_writes_meanwhile(Profile profile)
    {
        string overlay = Overlays.Create(profile);
        Caller caller = As.By(profile);
        using Running reader = caller.Start("exec", "--overlay", overlay + ":ro", Images.OwnDirectory, "sh", "-c", "echo ready; sleep 30");
        reader.WaitFor("ready");

        caller.Run("exec", "--overlay", overlay + ":ro", Images.OwnDirectory, "echo", "too").Prints("too");
        caller.Run("exec", "--overlay", overlay, Images.OwnDirectory, "true").IsFatal($"can't open {overlay} for writing, currently in use by ");

        reader.Signal(9);
        reader.Wait();
    }

    [Fact]
    public void The_overlay_of_a_SIF_file_is_locked_and_its_root_is_not()
    {
        string sif = Overlays.Sif(Profile.User);
        using Running writer = As.User.Start("exec", "--writable", sif, "sh", "-c", "echo ready; sleep 30");
        writer.WaitFor("ready");

        As.User.Run("exec", "--writable", sif, "true").IsFatal("for writing, currently in use by process");
        As.User.Run("exec", sif, "true").IsFatal("for reading, currently in use for writing by process");
        As.User.Run("exec", "-B", $"{sif}:/mnt:id=3", Images.OwnDirectory, "test", "-e", "/mnt/etc/os-release").Succeeds();

        writer.Signal(9);
        writer.Wait();
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    public void Of_many_at_once_one_writes(Profile profile)
    {
        string overlay = Overlays.Create(profile);
        Caller caller = As.By(profile);
        var running = new Running[8];
        for (int i = 0; i < running.Length; i++)
        {
            running[i] = caller.Start("exec", "--overlay", overlay, Images.OwnDirectory, "sh", "-c", $"echo {i} >> /who; sleep 5");
        }

        int wrote = 0;
        foreach (Running one in running)
        {
            using (one)
            {
                wrote += one.Wait().ExitCode == 0 ? 1 : 0;
            }
        }

        Assert.Equal(1, wrote);
        caller.Run("exec", "--overlay", overlay, Images.OwnDirectory, "sh", "-c", "wc -l < /who").Prints("1");
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Fakeroot)]
    public void Killed_at_any_moment_it_leaves_nothing_and_an_image_that_can_be_mended(Profile profile)
    {
        string overlay = Overlays.Create(profile);
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int i = 0; i < Rounds.Of(12); i++)
        {
            using Running running = As.By(profile).Start("exec", "--overlay", overlay, Images.Sif, "sh", "-c", "while :; do echo x > /file; rm /file; mkdir /dir; rmdir /dir; done");
            Thread.Sleep(random.Next(0, 200));
            running.Signal(9);
            Assert.True(running.Wait().Signal == 9, $"seed {seed}");
        }

        As.By(profile).Run("exec", "--overlay", overlay, Images.Sif, "sh", "-c", "rm -rf /file /dir; touch /after").Succeeds();
        Overlays.Check(overlay);
    }

    [Theory]
    [InlineData("fuse2fs")]
    [InlineData("fuse-overlayfs")]
    public void A_server_that_is_killed_ends_in_errors_not_in_a_hang(string server)
    {
        string overlay = Overlays.Create(Profile.User);
        using Running running = As.User.Start("exec", "--overlay", overlay, Images.Sif, "/bin/sh", "-c", "echo ready; read line; while :; do echo x > /file || exit 3; done");
        running.WaitFor("ready");
        Host.Run("pkill", "-9", "-u", TestUser.First.Name, "-x", server);
        running.Signal(1);

        Assert.NotEqual(0, running.Wait().ExitCode);
    }

    [Fact]
    public void A_full_overlay_is_the_payloads_own_error()
    {
        string overlay = Overlays.Create(Profile.User);

        As.User.Run("exec", "--overlay", overlay, Images.Sif, "dd", "if=/dev/zero", "of=/big", "bs=1M", "count=100").Ends(1).Warns("No space left on device");

        As.User.Run("exec", "--overlay", overlay, Images.Sif, "sh", "-c", "rm /big; echo again > /small; cat /small").Prints("again");
        Overlays.Check(overlay);
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    public void A_truncated_image_is_told(Profile profile)
    {
        string overlay = Overlays.Create(profile);
        foreach (long length in (long[])[(64 << 20) - 1, 4096, 1100, 1])
        {
            using (var file = new FileStream(overlay, FileMode.Open))
            {
                file.SetLength(length);
            }

            As.By(profile).Run("exec", "--overlay", overlay, Images.Sif, "true").IsFatal(overlay);
        }
    }

    [Fact]
    public void Hostile_metadata_gives_an_error_and_nothing_stays()
    {
        byte[] good = File.ReadAllBytes(Overlays.Create(Profile.User));
        string overlay = $"{Host.Directory(TestUser.First)}/hostile.img";
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int round = 0; round < Rounds.Of(20); round++)
        {
            byte[] bytes = (byte[])good.Clone();
            for (int i = 0; i < 40; i++)
            {
                // Superblock, group descriptors, bitmaps and the first inodes.
                bytes[random.Next(1024, 40_000)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(overlay, bytes);
            Host.Own(overlay, TestUser.First);
            Result result = As.User.Run("exec", "--overlay", overlay, Images.Sif, "sh", "-c", "ls -R /upper /etc > /dev/null; echo x > /x; true");
            Assert.True(result.Signal == 0 && result.ExitCode is 0 or 1 or 255, $"seed {seed}, round {round}\n{result}");
        }
    }

    [Theory]
    [InlineData("fuse2fs", "install the package fuse2fs")]
    [InlineData("fuse-overlayfs", "install the package fuse-overlayfs")]
    [InlineData("mke2fs", "install the package e2fsprogs")]
    public void A_missing_program_is_told_with_its_package(string program, string remedy)
    {
        string overlay = Overlays.Create(Profile.User);
        string hide = $"for file in /usr/bin/{program} /usr/sbin/{program} /bin/{program} /sbin/{program}; do test ! -e $file || mount --bind /dev/null $file; done";
        string[] line = program == "mke2fs" ? ["overlay", "create", overlay + ".new"] : ["exec", "--overlay", overlay, Images.Directory, "true"];

        As.User.OnHost(hide).Run(line).IsFatal(program).Warns(remedy);
    }

    [Fact]
    public void Without_a_device_for_FUSE_an_ext3_overlay_is_refused()
        => As.User.OnHost(Input.FuseDeviceTests.Without).Run("exec", "--overlay", Overlays.Create(Profile.User), Images.Directory, "true").IsFatal("this host has no /dev/fuse");

    [Fact]
    public void An_image_that_is_replaced_during_a_run_does_not_matter_to_it()
    {
        string overlay = Overlays.Create(Profile.User), other = Overlays.Create(Profile.User);
        using Running running = As.User.Start("exec", "--overlay", overlay, Images.Sif, "sh", "-c", "echo ready; sleep 1; echo kept > /kept; cat /kept");
        running.WaitFor("ready");
        File.Move(overlay, overlay + ".old");
        File.Move(other, overlay);

        Assert.Equal("ready\nkept\n", running.Wait().Ends(0).Out);
        As.User.Run("exec", "--overlay", overlay + ".old", Images.Sif, "cat", "/kept").Prints("kept");
        As.User.Run("exec", "--overlay", overlay, Images.Sif, "test", "-e", "/kept").Ends(1);
    }

    [Fact]
    public void What_belongs_to_root_inside_is_told_with_the_way_out()
    {
        string overlay = $"{Host.Directory(TestUser.First)}/root.img";
        Host.Run("mke2fs", "-q", "-t", "ext3", overlay, "64M");
        Host.Own(overlay, TestUser.First);

        As.User.Run("exec", "--overlay", overlay, Images.Sif, "true").IsFatal("belongs to another user").Warns("--fakeroot");
        As.Fakeroot.Run("exec", "--overlay", overlay, Images.Sif, "touch", "/new").Succeeds();
    }
}

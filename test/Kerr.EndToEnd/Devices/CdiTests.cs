using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Devices;

/// <summary>`--device` with CDI descriptions: nodes, mounts, variables, and the effects of hooks as the container's own loader and ldconfig see them.</summary>
public class CdiTests
{
    private static ImageTree? image;

    private static string Image => (image ??= MadeUpHost.Image()).Path;

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void A_device_by_name_is_in_a_small_dev(Profile profile)
    {
        string directory = Descriptions(("cdi.json",
            """
            {"cdiVersion": "0.5.0", "kind": "kerr.org/device",
             "devices": [{"name": "one", "containerEdits": {"deviceNodes": [{"path": "/dev/fuse"}]}}],
             "containerEdits": {"deviceNodes": [{"path": "/dev/deep/zero", "hostPath": "/dev/zero"}], "env": ["SEEN=a b"]}}
            """));
        As.By(profile).Run("exec", "--contain", "--device", "kerr.org/device=one", "--cdi-dirs", directory, Images.Directory, "sh", "-c",
            "test -c /dev/fuse && head -c 3 /dev/deep/zero | wc -c && echo $SEEN").Prints("3\na b");
        As.By(profile).Run("exec", "--contain", Images.Directory, "test", "-e", "/dev/fuse").Ends(1);
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    public void Effects_of_hooks_are_seen_by_the_containers_loader_and_ldconfig(Profile profile)
    {
        string directory = Descriptions(("gpu.yaml", Gpu));
        Caller caller = As.By(profile);
        string[] options = ["exec", "--device", "kerr.org/gpu=all", "--cdi-dirs", directory];
        caller.Run([.. options, Image, "ask"]).Prints("the host's driver");
        caller.Run([.. options, "--env", "LD_TRACE_LOADED_OBJECTS=1", Image, "/bin/ask"]).Shows("libcuda.so.1 => /opt/gpu/lib/libcuda.so.1");
        caller.Run([.. options, Image, "/sbin/ldconfig", "-p"])
            .Shows("libcuda.so.1 (libc6,x86-64) => /opt/gpu/lib/libcuda.so.1").Shows("libcuda.so (libc6,x86-64) => /opt/gpu/lib/libcuda.so");
        caller.Run([.. options, Image, "sh", "-c", "ls /opt/gpu/lib; cmp /opt/gpu/lib/libcuda.so /opt/gpu/lib/libcuda.so.550.1 && (echo x > /opt/gpu/lib/libcuda.so.1) 2> /dev/null || echo read-only"])
            .Prints("libcuda.so\nlibcuda.so.1\nlibcuda.so.550.1\nread-only");
    }

    [Fact]
    public void The_containers_own_libraries_stay_in_the_cache()
    {
        ImageTree tree = MadeUpHost.Image();
        Host.Run("chroot", tree.Path, "/sbin/ldconfig");
        As.User.Run("exec", "--device", "kerr.org/gpu=all", "--cdi-dirs", Descriptions(("gpu.yaml", Gpu)), tree.Path, "/sbin/ldconfig", "-p")
            .Shows("libm.so.6 (libc6,x86-64").Shows("libcuda.so.1 (libc6,x86-64) => /opt/gpu/lib/libcuda.so.1");
    }

    [Fact]
    public void Hooks_are_not_run_and_unknown_ones_are_told()
    {
        string ran = $"{Host.Directory(TestUser.First)}/ran";
        string hook = Host.Write($"{Host.Directory()}/hook", $"#!/bin/sh\ntouch {ran}\n", Modes.Everybody);
        string directory = Descriptions(("cdi.yaml", $"""
            cdiVersion: 0.6.0
            kind: kerr.org/hook
            devices:
            - name: x
              containerEdits:
                hooks:
                - hookName: createContainer
                  path: {hook}
                  args: [hook, chmod, --mode, "755"]
                - hookName: createContainer
                  path: {hook}
                  args: [hook, frobnicate]
            """));
        Result result = As.User.Run("exec", "--device", "kerr.org/hook=x", "--cdi-dirs", directory, Images.Directory, "true").Succeeds();
        result.Warns($"CDI hook {hook}: programs of descriptions are not run, and its effect is not known");
        Assert.False(File.Exists(ran));
    }

    [Theory]
    [InlineData("kerr.org/gpu=7", "no CDI device kerr.org/gpu=7 is described in")]
    [InlineData("gpu", "gpu is no name of a CDI device")]
    [InlineData("kerr.org/missing=x", "device /dev/no-such-node is not on this host")]
    [InlineData("kerr.org/lost=x", "/no/such/file is not on this host")]
    public void What_is_not_there_is_told(string device, string message)
        => As.User.Run("exec", "--device", device, "--cdi-dirs", Descriptions(("gpu.yaml", Gpu),
            ("missing.json", """{"cdiVersion": "0.5.0", "kind": "kerr.org/missing", "devices": [{"name": "x", "containerEdits": {"deviceNodes": [{"path": "/dev/no-such-node"}]}}]}"""),
            ("lost.json", """{"cdiVersion": "0.5.0", "kind": "kerr.org/lost", "devices": [{"name": "x", "containerEdits": {"mounts": [{"hostPath": "/no/such/file", "containerPath": "/x"}]}}]}""")),
            Images.Directory, "true").IsFatal(message);

    [Fact]
    public void A_variable_of_a_device_counts_more_than_the_images_and_less_than_the_users()
    {
        ImageTree tree = Images.New().Script("/.singularity.d/env/90-environment.sh", "export VISIBLE=image\nexport OTHER=image\n");
        string directory = Descriptions(("cdi.json", """{"cdiVersion": "0.5.0", "kind": "kerr.org/env", "devices": [{"name": "x", "containerEdits": {"env": ["VISIBLE=device", "OTHER=device"]}}]}"""));
        As.User.Run("exec", "--device", "kerr.org/env=x", "--cdi-dirs", directory, "--env", "OTHER=user", tree.Path, "printenv", "VISIBLE", "OTHER").Prints("device\nuser");
    }

    [Fact]
    public void A_library_that_would_not_load_is_left_out()
    {
        string directory = Descriptions(("gpu.yaml", Gpu.Replace("libcuda.so.550.1", "libnvidia-new.so.1", StringComparison.Ordinal)));
        Result result = As.User.Run("exec", "--device", "kerr.org/gpu=all", "--cdi-dirs", directory, Image, "ls", "-d", "/opt").Succeeds();
        result.Warns("no CDI library of this host would load in the container (libnvidia-new.so.1: it needs GLIBC_9.9");
    }

    private static string Gpu => $"""
        ---
        cdiVersion: 0.5.0
        kind: kerr.org/gpu
        devices:
            - name: all
              containerEdits:
                deviceNodes:
                    - path: /dev/null
        containerEdits:
            mounts:
                - hostPath: {MadeUpHost.Libraries}/libcuda.so.550.1
                  containerPath: /opt/gpu/lib/libcuda.so.550.1
                  options:
                    - ro
                    - nosuid
                    - bind
            hooks:
                - hookName: createContainer
                  path: /no/such/nvidia-cdi-hook
                  args:
                    - nvidia-cdi-hook
                    - create-symlinks
                    - --link
                    - libcuda.so.1::/opt/gpu/lib/libcuda.so
                - hookName: createContainer
                  path: /no/such/nvidia-cdi-hook
                  args:
                    - nvidia-cdi-hook
                    - update-ldcache
                    - --folder
                    - /opt/gpu/lib
        """;

    private static string Descriptions(params (string Name, string Text)[] files)
    {
        string directory = Host.Directory();
        foreach ((string name, string text) in files)
        {
            Host.Write($"{directory}/{name}", text + "\n");
        }

        return directory;
    }
}

using System.IO;
using Kerr.EndToEnd.Configuration;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Devices;

/// <summary>`--nv`, `--rocm`, `--intel-hpu` on a made-up host: which file the loader takes, which nodes are in /dev, what is told.</summary>
public class AcceleratorTests
{
    private static ImageTree? image;
    private static string? sif;

    private static string Image => (image ??= MadeUpHost.Image()).Path;

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void A_program_in_the_image_finds_the_hosts_library(Profile profile)
    {
        Caller caller = As.By(profile).OnHost(MadeUpHost.Script);
        caller.Run("exec", "--nv", Image, "ask").Succeeds().Shows("the host's driver");
        caller.Run("exec", "--nv", "--env", "LD_TRACE_LOADED_OBJECTS=1", Image, "/bin/ask").Shows("libcuda.so.1 => /.singularity.d/libs/libcuda.so.1");
    }

    [Fact]
    public void So_does_one_in_a_SIF_file()
    {
        _ = Image;
        sif ??= image!.Sif("gpu.sif");
        As.User.OnHost(MadeUpHost.Script).Run("exec", "--nv", sif, "ask").Succeeds().Shows("the host's driver");
        Result without = As.User.OnHost(MadeUpHost.Script).Run("exec", sif, "ask");
        Assert.NotEqual(0, without.ExitCode);
    }

    [Fact]
    public void A_library_that_would_not_load_is_left_out_and_told_once()
    {
        Result result = As.User.OnHost(MadeUpHost.Script + List("")).Run("exec", "--nv", Image, "ls", "/.singularity.d/libs").Prints("libcuda.so\nlibcuda.so.1\nlibnvidia-ml.so.1");
        Assert.Empty(result.Err);
        string list = List("libnvidia-new.so");
        result = As.User.OnHost(MadeUpHost.Script + list).Run("exec", "--nv", Image, "ls", "/.singularity.d/libs").Succeeds();
        Assert.DoesNotContain("libnvidia-new", result.Out);
        result.Warns("1 of 4 nv libraries of this host would not load in the container and are left out (libnvidia-new.so.1: it needs GLIBC_9.9 of libc.so.6, and the container's goes up to GLIBC_2.");
        As.User.OnHost(MadeUpHost.Script + list).Run("explain", "exec", "--nv", Image, "true").Shows("library libnvidia-new.so.1").Shows("it needs GLIBC_9.9");
    }

    [Theory]
    [InlineData("GLIBC_2.2.5 GLIBC_2.4", "it needs GLIBC_9.9 of libc.so.6, and the container's goes up to GLIBC_2.4")]      // older than the host's
    [InlineData("GLIBC_2.2.5 GLIBC_9.9", null)]                                                                          // newer
    public void Containers_with_older_and_newer_glibc(string versions, string? reason)
    {
        string made = MadeUpHost.WithMadeUpGlibc(versions.Split(' ')).Path;
        Result result = As.User.OnHost(MadeUpHost.Script + List("libnvidia-new.so")).Run("exec", "--nv", made, "ls", "/.singularity.d/libs").Succeeds();
        Assert.Equal(reason is null, result.Out.Contains("libnvidia-new.so.1"));
        if (reason is not null)
        {
            result.Warns(reason);
        }
    }

    [Fact]
    public void A_small_dev_has_the_nodes_that_the_job_may_use()
        => As.User.OnHost(MadeUpHost.Script).Run("exec", "-C", "--nv", Image, "sh", "-c", "ls /dev | grep nvidia; echo x > /dev/nvidia0 && echo written").Prints("nvidia0\nnvidiactl\nwritten");

    [Theory]
    [InlineData("CUDA_VISIBLE_DEVICES=1", "nvidia1", "0")]
    [InlineData("CUDA_VISIBLE_DEVICES=GPU-0001", "nvidia1", "GPU-0001")]
    [InlineData("CUDA_VISIBLE_DEVICES=1,0", "nvidia0 nvidia1", "1,0")]
    [InlineData("NVIDIA_VISIBLE_DEVICES=none", "", "unset")]
    public void Only_the_jobs_GPUs_are_in_a_small_dev(string variable, string nodes, string inside)
        => As.User.OnHost(MadeUpHost.TwoGpus).With(variable).Run("exec", "--contain", "--nv", Image, "sh", "-c", "echo $(ls /dev | grep nvidia[0-9]) ${CUDA_VISIBLE_DEVICES-unset}")
            .Prints($"{nodes} {inside}".Trim());

    [Fact]
    public void A_host_without_is_one_line_that_can_be_silenced()
    {
        Result result = As.User.Run("exec", "--nv", Image, "echo", "ran").Succeeds();
        Assert.Equal("ran\n", result.Out);
        Assert.Equal("INFO:    Could not find any nv files on this host!\n", result.Err);
        Assert.Empty(As.User.Run("-s", "exec", "--nv", "--rocm", Image, "true").Succeeds().Err);
        Assert.Contains("Could not find any rocm files on this host!", As.User.Run("exec", "--rocm", Image, "true").Succeeds().Err);
        Assert.Contains("Could not find any intel-hpu devices on this host!", As.User.Run("exec", "--intel-hpu", Image, "true").Succeeds().Err);
    }

    [Fact]
    public void The_configuration_can_ask_and_an_option_cancels()
    {
        string configuration = ConfigurationFile.With("always use nv = yes");
        Caller root = As.Root.OnHost(MadeUpHost.Script);
        root.Run("--config", configuration, "exec", Image, "ask").Prints("the host's driver");
        Assert.NotEqual(0, root.Run("--config", configuration, "exec", "--no-nv", Image, "ask").ExitCode);
        string rocm = ConfigurationFile.With("always use rocm = yes");
        root.Run("--config", rocm, "exec", Image, "ls", "/.singularity.d/libs").Shows("libhsa-runtime64.so.1\n");
        root.Run("--config", rocm, "exec", "--no-rocm", Image, "ls", "/.singularity.d").Ends(1);
        Assert.Empty(As.Root.Run("--config", configuration, "exec", Image, "true").Succeeds().Err);
    }

    [Fact]
    public void Programs_and_files_of_the_list_come_along()
    {
        string path = $"PATH={MadeUpHost.Libraries}:{Caller.DefaultPath}";
        As.User.OnHost(MadeUpHost.Script).With(path).Run("exec", "--nv", Image, "nvidia-smi").Prints("made-up smi");
        As.User.OnHost(MadeUpHost.Script + List("/etc/hostname")).Run("exec", "--nv", Image, "cat", "/etc/hostname").Prints(File.ReadAllText("/etc/hostname").TrimEnd('\n'));
    }

    [Fact]
    public void Other_accelerators_have_their_nodes()
    {
        As.User.OnHost(MadeUpHost.Script).Run("exec", "-C", "--rocm", Image, "sh", "-c", "ls /dev/kfd /dev/dri/*; ls /.singularity.d/libs | grep hsa").Prints("/dev/dri/renderD128\n/dev/kfd\nlibhsa-runtime64.so.1");
        As.User.OnHost(MadeUpHost.Script).Run("exec", "-C", "--intel-hpu", Image, "ls", "/dev/accel").Prints("accel0\naccel1");
        As.User.OnHost(MadeUpHost.Script).With("HABANA_VISIBLE_DEVICES=1").Run("exec", "-C", "--intel-hpu", Image, "ls", "/dev/accel").Prints("accel1");
        As.User.OnHost(MadeUpHost.Script).With("HABANA_VISIBLE_DEVICES=x").Run("exec", "-C", "--intel-hpu", Image, "true").IsFatal("HABANA_VISIBLE_DEVICES: x is no number");
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void Libraries_for_programs_of_32_bits_have_a_directory_of_their_own(Profile profile)
    {
        const string Look = "ls /.singularity.d/libs32; head -q -c 5 /.singularity.d/libs32/libcuda.so.1 /.singularity.d/libs/libcuda.so.1; echo $LD_LIBRARY_PATH; ask";
        Caller caller = As.By(profile).OnHost(MadeUpHost.Script + List(""));
        string[] lines = caller.Run("exec", "--nv", "--compat32", Image, "sh", "-c", Look).Succeeds().Lines;
        Assert.Equal(["libcuda.so.1", "libnvidia-ml.so.1", "\u007fELF\u0001\u007fELF\u0002/.singularity.d/libs32:/.singularity.d/libs", "the host's driver"], lines);
        caller.Run("exec", "--nv", Image, "ls", "/.singularity.d").Prints("libs");
    }

    [Fact]
    public void A_variable_asks_for_them_and_without_a_GPU_option_there_are_none()
    {
        Caller user = As.User.OnHost(MadeUpHost.Script + List(""));
        foreach (string variable in (string[])["APPTAINER_COMPAT32=1", "NVIDIA_DRIVER_CAPABILITIES=compute,compat32"])
        {
            user.With(variable).Run("exec", "--nv", Image, "ls", "/.singularity.d").Prints("libs\nlibs32");
        }

        user.With("NVIDIA_DRIVER_CAPABILITIES=compute").Run("exec", "--nv", Image, "ls", "/.singularity.d").Prints("libs");
        user.Run("exec", "--rocm", "--compat32", Image, "ls", "/.singularity.d/libs32").Prints("libhsa-runtime64.so.1");
        user.Run("exec", "--compat32", Image, "ls", "/").Hides("singularity").Warns("Ignoring --compat32, it requires a GPU option such as --nv or --rocm");
        user.Run("exec", "--nv", "--no-nv", "--compat32", Image, "true").Ends(0).Warns("Ignoring --compat32");
        As.User.OnHost(MadeUpHost.Script + List("") + $"\n/sbin/ldconfig -X -C /mnt/cache -f {Host.Write($"{Host.Directory()}/directories", MadeUpHost.Libraries + "\n")}; mount --bind /mnt/cache /etc/ld.so.cache")
            .Run("exec", "--nv", "--compat32", Image, "true").Ends(0).Warns("Could not find any 32-bit nv libraries on this host!");
    }

    [Fact]
    public void A_library_of_32_bits_that_would_not_load_is_left_out()
    {
        string made = Host.Directory();
        MadeUpHost.Library($"{made}/libc.so.6", "libc.so.6", "void f(void) {}", [], "-m32");
        MadeUpHost.Library($"{made}/libcuda.so.2", "libcuda.so.2", "void f(void); void use(void) { f(); }", [], "-m32", $"{made}/libc.so.6");
        string directories = Host.Write($"{made}/directories", $"{made}\n{MadeUpHost.Libraries}\n");
        string script = $"{MadeUpHost.Script}{List("")}\n/sbin/ldconfig -X -C /mnt/cache -f {directories}; mount --bind /mnt/cache /etc/ld.so.cache";
        As.User.OnHost(script).Run("exec", "--nv", "--compat32", Image, "true").Ends(0)
            .Warns("no 32-bit nv library of this host would load in the container (libcuda.so.2: it needs glibc, and the container has no C library");
    }

    [Fact]
    public void NVIDIAs_own_tool_lists_them_too()
    {
        string directory = Host.Directory();
        Host.Write($"{directory}/nvidia-container-cli", $"#!/bin/sh\necho {MadeUpHost.Libraries}/libcuda.so.550.1\nfor a; do [ $a != --compat32 ] || echo {MadeUpHost.Libraries}/32/libcuda.so.550.1; done\n", Modes.Everybody);
        Caller caller = As.User.OnHost(MadeUpHost.Script).With("NVIDIA_VISIBLE_DEVICES=all", $"PATH={directory}:{Caller.DefaultPath}");
        caller.Run("exec", "--nvccli", "--compat32", Image, "sh", "-c", "ls /.singularity.d/libs32; ask").Prints("libcuda.so.1\nthe host's driver");
        caller.Run("exec", "--nvccli", Image, "ls", "/.singularity.d").Prints("libs");
    }

    [Fact]
    public void NVIDIAs_own_tool_is_asked_or_the_list_taken()
    {
        string directory = Host.Directory();
        Host.Write($"{directory}/nvidia-container-cli", $"#!/bin/sh\n[ \"$1 $2 $3\" = '--user list --device=1' ] && echo {MadeUpHost.Libraries}/libcuda.so.550.1\n", Modes.Everybody);
        Caller caller = As.User.OnHost(MadeUpHost.Script).With("NVIDIA_VISIBLE_DEVICES=1");
        caller.With($"PATH={directory}:{Caller.DefaultPath}").Run("exec", "--nvccli", Image, "sh", "-c", "ls /.singularity.d/libs; ask").Prints("libcuda.so.1\nthe host's driver");
        caller.Run("exec", "--nv", "--nvccli", Image, "ask").Ends(0).Shows("the host's driver").Warns("nvidia-container-cli is not on this host: the files of nvliblist.conf are used");
    }

    [Fact]
    public void A_build_has_them_in_its_scripts_and_not_in_its_image()
    {
        string directory = Host.Directory(TestUser.First);
        string definition = Host.Write($"{directory}/gpu.def", $"Bootstrap: localimage\nFrom: {Image}\n%post\nask > /said\nls /.singularity.d/libs > /libs\nls /.singularity.d/libs32 > /libs32\n%test\nask\n");
        Result result = As.User.OnHost(MadeUpHost.Script).Run("build", "--nv", "--compat32", "--sandbox", $"{directory}/built", definition).Succeeds();
        Assert.Equal("the host's driver\n", File.ReadAllText($"{directory}/built/said"));
        Assert.Contains("libcuda.so.1\n", File.ReadAllText($"{directory}/built/libs32"));
        Assert.Empty(Directory.GetFileSystemEntries($"{directory}/built/.singularity.d/libs"));
        Assert.Contains("the host's driver", result.Out + result.Err);
    }

    /// <summary>Shell text that puts a short list in the place of the installed one, which names libraries of OpenGL that this host may have.</summary>
    private static string List(string line)
    {
        string other = Host.Write($"{Host.Directory()}/nvliblist.conf", $"nvidia-smi\nlibcuda.so\nlibnvidia-ml.so\n{line}\n");
        string users = As.UsersProgram.StartsWith('/') ? Path.GetDirectoryName(Path.GetDirectoryName(As.UsersProgram))! : Tree.Root;
        return $"\nmount --bind {other} {Tree.Root}/etc/kerr/nvliblist.conf\nmount --bind {other} {users}/etc/kerr/nvliblist.conf";
    }
}

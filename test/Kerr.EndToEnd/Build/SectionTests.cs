using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Build;

/// <summary>What the sections of a definition do, for everybody who may build one.</summary>
public class SectionTests
{
    [Theory]
    [InlineData(Builder.Root)]
    [InlineData(Builder.Range)]
    [InlineData(Builder.Single)]
    public void Sections_run_in_their_order_and_the_image_has_what_they_made(Builder builder)
    {
        var definition = new Definition(builder, """
            %pre
                echo pre > pre
            %setup
                test -f pre
                echo setup > $APPTAINER_ROOTFS/opt/steps
                test "$APPTAINER_ROOTFS" = "$SINGULARITY_ROOTFS"
            %files
                given /opt/given
            %post
                test "$(id -u)" = 0
                test "$PWD" = /
                echo post >> /opt/steps
                cat /opt/given >> /opt/steps
                echo 'export MADE_IN_POST=yes' >> $APPTAINER_ENVIRONMENT
                echo 'made.in post section' >> $APPTAINER_LABELS
            %environment
                export SET=environment
            %labels
                Who "me & you"
            %test
                grep -q post /opt/steps && echo tested
            %runscript
                echo "run $@"
            %help
                help text
            """).File("given", "given\n");

        Result built = definition.Build().Succeeds();

        Assert.Contains("tested", built.Out, StringComparison.Ordinal);
        Assert.Equal(["setup", "post", "given"], definition.Shell("cat /opt/steps").Lines);
        definition.Caller.Run("run", "image.sif", "a", "b c").Prints("run a b c");
        definition.Caller.Run("exec", "image.sif", "sh", "-c", "echo $SET $MADE_IN_POST").Prints("environment yes");
        definition.Caller.Run("run-help", "image.sif").Prints("    help text");
        definition.Caller.Run("inspect", "image.sif").Shows("Who: \"me & you\"").Shows("made.in: post section");
        Assert.Equal("", definition.Shell("ls /.post.script /.build.labels /.build.apt.conf 2>/dev/null").Out);
        definition.AssertClean();
    }

    [Theory]
    [InlineData(Builder.Root)]
    [InlineData(Builder.Range)]
    public void Extended_attributes_of_the_base_keep_their_names(Builder builder)
    {
        string image = Images.New().Attributes("/etc").Attributes("/etc/os-release").Attributes("/bin/sh").Sif();
        var definition = new Definition(builder, "%post\n    echo more >> /etc/os-release\n    touch /etc/new\n", image);

        definition.Build().Succeeds();

        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(definition.Target);
        long offset = Kerr.Image.Sif.SifImage.Read(new Kerr.Image.FileRange(file)).PrimaryPartition!.Offset;
        string unpacked = $"{Host.Directory()}/root";
        Host.Run("unsquashfs", "-n", "-q", "-d", unpacked, "-o", $"{offset}", definition.Target);
        Assert.Equal("security.selinux user.kerr", Host.Run("python3", "-c", "import os, sys; print(*sorted(os.listxattr(sys.argv[1])))", unpacked + "/etc/os-release").Trim());
        Assert.EndsWith("more\n", File.ReadAllText(unpacked + "/etc/os-release"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Builder.Range)]
    [InlineData(Builder.Single)]
    public void Changes_of_ownership_and_devices_do_not_stop_an_ordinary_user(Builder builder)
    {
        var definition = new Definition(builder, """
            %post
                touch /opt/f
                chown 1:1 /opt/f
                chown -h 2:2 /opt/f
                chgrp 5 /opt/f
                chmod u+s /opt/f
                rm /etc/os-release
                echo x > /etc/passwd
                mkdir -m 0 /opt/closed
                ls /opt/closed
            """);
        Assert.Equal("-rwSrw-r--", definition.Then("ls -l /opt/f").Line[..10]);
    }

    [Fact]
    public void Without_subordinate_ids_device_nodes_are_no_error()
        => new Definition(Builder.Single, "%post\n mknod /opt/null c 1 3\n mknod /opt/pipe p\n test -p /opt/pipe\n").Build().Succeeds().Warns("building with one id");

    [Fact]
    public void With_subordinate_ids_files_have_the_owners_they_were_given()
    {
        var definition = new Definition(Builder.Range, "%post\n touch /opt/f\n chown 7:8 /opt/f\n");
        definition.Build().Succeeds().Warns("of /etc/subuid");
        As.Root.In(definition.Directory).Run("exec", "image.sif", "stat", "-c", "%u:%g", "/opt/f").Prints("7:8");
    }

    [Fact]
    public void Files_are_copied_from_the_host_as_cp_does()
    {
        var definition = new Definition(Builder.Single, """
            %files
                # a comment

                one
                one /opt/renamed
                one /opt/
                d/*.txt /opt/many
                "with blank" "/opt/with blank"
                d/link /opt/followed
                d /opt/tree
                one /lnk/through
            %appfiles tool
                one
                one share/two
            """);
        definition.File("one", "1").File("d/a.txt", "a").File("d/b.txt", "b").File("with blank", "w");
        File.CreateSymbolicLink(definition.Directory + "/d/link", "../one");
        string image = Images.New().Link("/lnk", "/opt/target").Directory("/opt/target").Sif();
        string text = File.ReadAllText(definition.Directory + "/image.def");
        definition.Change(text.Replace(Images.Sif, image, StringComparison.Ordinal));

        definition.Then("cat /one /opt/renamed /opt/one; cat /opt/many/* '/opt/with blank'; test -f /opt/followed -a ! -L /opt/followed && cat /opt/followed /opt/tree/link; "
            + "cat /opt/target/through /scif/apps/tool/one /scif/apps/tool/share/two")
            .Prints("111abw11111");
    }

    [Fact]
    public void A_missing_source_is_named()
        => new Definition(Builder.Single, "%files\n nothing-here /x\n").Build().IsFatal("%files: nothing-here does not exist");

    [Fact]
    public void A_stage_takes_files_from_the_one_before()
    {
        var definition = new Definition(Builder.Single, $"""
            Bootstrap: localimage
            From: {Images.Sif}
            Stage: one

            %post
                mkdir /out
                echo made > /out/file
                ln -s /out/file /out/link
                ln -s out /short
                echo one > /opt/only-in-one

            Bootstrap: localimage
            From: {Images.Sif}
            Stage: two

            %files from one
                /out
                /short/file /opt/by-link
                /out/* /opt/all/
            """);
        definition.Then("cat /out/file /opt/by-link /opt/all/file; readlink /out/link; ls /opt").Prints("made\nmade\nmade\n/out/file\nall\nby-link");
    }

    [Fact]
    public void An_unknown_stage_is_named()
        => new Definition(Builder.Single, "%files from nowhere\n /x\n").Build().IsFatal("no earlier stage has that name");

    [Theory]
    [InlineData("%post -c /bin/busybox sh\n cat /proc/$$/cmdline | tr '\\0' ' ' > /opt/by\n", "/bin/busybox sh /.post.script")]
    [InlineData("%post\n#!/bin/busybox sh\n cat /proc/$$/cmdline | tr '\\0' ' ' > /opt/by\n", "/bin/busybox sh /.post.script")]
    [InlineData("%post\n cat /proc/$$/cmdline | tr '\\0' ' ' > /opt/by\n", "/bin/sh -ex /.post.script")]
    [InlineData("%post\n#!/bin/awk -f\nBEGIN { print \"awk\" > \"/opt/by\" }\n", "awk")]
    public void Another_interpreter_is_a_matter_of_its_name(string section, string by)
        => Assert.Equal(by, new Definition(Builder.Single, section).Then("cat /opt/by").Out.TrimEnd());

    [Fact]
    public void A_failing_section_ends_the_build_and_is_named_with_its_line()
    {
        var definition = new Definition(Builder.Single, "%post\n true\n false\n echo not reached\n");
        Result result = definition.Build().Ends(255).Warns("%post (line 4 of the definition) ended with exit status 1");
        Assert.DoesNotContain("not reached", result.Out, StringComparison.Ordinal);
        Assert.False(File.Exists(definition.Target));
        definition.AssertClean();
    }

    [Fact]
    public void A_failing_test_ends_the_build_unless_it_is_left_out()
    {
        var definition = new Definition(Builder.Single, "%test\n exit 3\n");
        definition.Build().Ends(255).Warns("%test (line 4 of the definition) ended with exit status 3");
        Assert.False(File.Exists(definition.Target));
        definition.Build("--notest").Succeeds();
        definition.Caller.Run("test", "image.sif").Ends(3);
    }

    [Fact]
    public void The_test_cannot_change_the_image()
        => new Definition(Builder.Single, "%test\n ! touch /opt/changed\n").Then("ls /opt").Prints("");

    [Fact]
    public void Apps_are_installed_with_their_environment_and_run()
    {
        var definition = new Definition(Builder.Single, """
            %appinstall first
                echo 'echo $GREETING' > bin/greet.sh
                chmod 755 $SCIF_APPROOT/bin/greet.sh
                test "$PWD" = /scif/apps/first
            %appenv first
                export GREETING=hello
            %apprun first
                greet.sh
            %apphelp first
                help of first
            %applabels first
                version 1
            %appinstall second
                cp /scif/apps/first/bin/greet.sh copied
            """);
        definition.Build().Succeeds();
        definition.Caller.Run("run", "--app", "first", "image.sif").Prints("hello");
        definition.Caller.Run("run-help", "--app", "first", "image.sif").Prints("    help of first");
        definition.Caller.Run("inspect", "--app", "first", "--labels", "image.sif").Shows("version: 1");
        definition.Shell("ls /scif/apps/second/copied; . /.singularity.d/env/94-appsbase.sh; echo $SCIF_APPROOT_first").Prints("/scif/apps/second/copied\n/scif/apps/first");
    }

    [Fact]
    public void Binds_are_there_in_post_and_in_test()
    {
        var definition = new Definition(Builder.Single, "%post\n cat /mnt/canary\n%test\n cat /mnt/canary\n").File("shared/canary", "canary");
        Result built = definition.Build("--bind", $"{definition.Directory}/shared:/mnt").Succeeds();
        Assert.Equal("canarycanary", built.Out);
        definition.Build("--mount", $"type=bind,source={definition.Directory}/shared,destination=/no/such/place").Ends(255);
    }

    [Fact]
    public void A_directory_is_updated_in_place()
    {
        var definition = new Definition(Builder.Single, "%post\n echo more >> /opt/steps\n%runscript\n echo updated\n");
        definition.Caller.Run("build", "--sandbox", "directory", Images.Sif).Succeeds();
        for (int i = 0; i < 2; i++)
        {
            definition.Caller.Run("build", "--ignore-subuid", "--sandbox", "--update", "directory", "image.def").Succeeds();
        }

        Assert.Equal("more\nmore\n", File.ReadAllText(definition.Directory + "/directory/opt/steps"));
        definition.Caller.Run("run", "directory").Prints("updated");
    }

    [Theory]
    [InlineData("none", "")]
    [InlineData("post", "post")]
    [InlineData("setup", "setup")]
    [InlineData("setup,post", "setup post")]
    public void Only_the_sections_asked_for_run(string asked, string ran)
    {
        var definition = new Definition(Builder.Single, "%setup\n echo setup > $APPTAINER_ROOTFS/opt/setup\n%post\n echo post > /opt/post\n");
        Assert.Equal(ran, definition.Then("cd /opt; cat setup post 2>/dev/null | tr '\\n' ' '", "--section", asked).Out.Trim());
    }

    [Fact]
    public void An_image_starts_from_nothing()
    {
        var definition = new Definition(Builder.Single, "Bootstrap: scratch\n\n%files\n  /bin/busybox /bin/busybox\n%runscript\n#!/bin/busybox sh\n echo from nothing\n");
        definition.Build().Succeeds();
        definition.Caller.Run("run", "image.sif").Prints("from nothing");
    }

    [Fact]
    public void Busybox_is_an_agent()
    {
        var definition = new Definition(Builder.Single, "Bootstrap: busybox\nMirrorURL: /bin/busybox\n\n%post\n echo $(id -u) > /opt-made\n");
        definition.Then("cat /opt-made").Prints("0");
    }

    [Theory]
    [InlineData("zypper", "needs zypper, which is not on this host")]
    [InlineData("arch", "needs pacstrap, which is not on this host")]
    [InlineData("yum", "is not on this host")]
    [InlineData("docker-daemon", "no Docker daemon answers at unix:///var/run/docker.sock")]
    public void An_agent_that_cannot_work_here_says_what_is_missing(string agent, string message)
    {
        if (File.Exists(agent == "docker-daemon" ? "/var/run/docker.sock" : $"/usr/bin/{agent}"))
        {
            return;
        }

        new Definition(Builder.Single, $"Bootstrap: {agent}\nFrom: x\nMirrorURL: http://127.0.0.1/\n").Build().IsFatal(message);
    }

    [Fact]
    public void Template_arguments_come_from_the_command_line_a_file_and_the_definition()
    {
        var definition = new Definition(Builder.Single, "%arguments\n A=default\n B=default\n%post\n echo {{ A }} {{ B }} {{ C }} > /opt/args\n").File("args", "B=file\nC=file\n");
        definition.Then("cat /opt/args", "--build-arg", "C=line=1", "--build-arg-file", "args").Prints("default file line=1");
        definition.Caller.Run("inspect", "--deffile", "image.sif").Shows("echo default file line=1");
        definition.Build("--build-arg-file", "args", "--build-arg", "UNUSED=1").IsFatal("unused build args: UNUSED");
        definition.Build("--build-arg-file", "args", "--build-arg", "UNUSED=1", "--warn-unused-build-args").Succeeds().Warns("unused build args: UNUSED");
    }

    [Fact]
    public void A_malformed_definition_names_the_place_before_anything_is_done()
    {
        var definition = new Definition(Builder.Single, "Bootstrap: localimage\nFrmo: x\n");
        definition.Build().IsFatal("image.def:2:1: invalid header keyword found: frmo\n           Frmo: x\n           ^");
        Assert.False(Directory.Exists(definition.Directory + "/cache"));
    }

    /// <summary>As on NFS: no extended attributes, so no overlay.</summary>
    [Theory]
    [InlineData(Builder.Root)]
    [InlineData(Builder.Range)]
    [InlineData(Builder.Single)]
    public void Where_overlay_cannot_be_mounted_a_plain_directory_will_do(Builder builder)
    {
        string place = Host.Directory();
        var definition = new Definition(builder, "%post\n chown 1:1 /etc/os-release\n rm /etc/os-release\n echo left > /tmp/left\n echo $(ls /tmp) > /opt/f\n%test\n cat /opt/f\n");
        string[] ignore = builder == Builder.Single ? ["--ignore-subuid"] : [];
        Caller caller = definition.Caller.With($"TMPDIR={place}", $"APPTAINER_CACHEDIR={place}")
            .Under("/bin/sh", "-c", $"\"$@\"; code=$?; ls -A {place}/cache/build; exit $code", "sh").OnHost($"mount -t ramfs none {place}; chmod 1777 {place}");
        Result built = caller.Run(["build", .. ignore, "image.sif", "image.def"]).Succeeds().Warns("no overlay can be mounted");
        Assert.Equal("left\n", built.Out);     // the test's output, and nothing that stayed
        definition.Shell("cat /opt/f; ls /etc/os-release 2>/dev/null; true").Prints("left");
    }

    [Fact]
    public void Where_nothing_serves_images_the_base_is_unpacked()
    {
        var definition = new Definition(Builder.Range, "%post\n chown 5:5 /etc/os-release\n");
        definition.Caller.OnHost("mount --bind /dev/null /usr/bin/squashfuse_ll").Run("build", "image.sif", "image.def").Succeeds();
        As.Root.In(definition.Directory).Run("exec", "image.sif", "stat", "-c", "%u", "/etc/os-release").Prints("5");
    }
}

using System;
using System.IO;
using System.Linq;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Build;

/// <summary>The files and objects by which the peers run an image of ours.</summary>
public class LayoutTests
{
    private const string Definition = """
        %environment
            export A=1
        %runscript
            echo run
        %startscript
            echo start
        %test
            true
        %help
            help
        %labels
            own label <text>
        %apprun tool
            echo tool
        %appstart tool
            echo start
        %appenv tool
            T=1
        %apphelp tool
            help of tool
        """;

    // mode, kind as stat prints it, path.
    private static readonly string[] s_layout =
    [
        "755 directory /.singularity.d", "755 directory /.singularity.d/actions", "755 directory /.singularity.d/env", "755 directory /.singularity.d/libs",
        "755 regular file /.singularity.d/actions/exec", "755 regular file /.singularity.d/actions/run", "755 regular file /.singularity.d/actions/shell",
        "755 regular file /.singularity.d/actions/start", "755 regular file /.singularity.d/actions/test",
        "755 regular file /.singularity.d/env/01-base.sh", "755 regular file /.singularity.d/env/90-environment.sh",
        "755 regular file /.singularity.d/env/94-appsbase.sh", "755 regular file /.singularity.d/env/95-apps.sh",
        "755 regular file /.singularity.d/env/99-base.sh", "755 regular file /.singularity.d/env/99-runtimevars.sh",
        "755 regular file /.singularity.d/runscript", "755 regular file /.singularity.d/startscript", "755 regular file /.singularity.d/test",
        "644 regular file /.singularity.d/runscript.help", "644 regular file /.singularity.d/labels.json", "644 regular file /.singularity.d/Singularity",
        "777 symbolic link /singularity", "777 symbolic link /.run", "777 symbolic link /.exec", "777 symbolic link /.test", "777 symbolic link /.shell",
        "777 symbolic link /environment",
        "755 directory /scif/apps/tool/bin", "755 directory /scif/apps/tool/lib", "755 directory /scif/data/tool/input", "755 directory /scif/data/tool/output",
        "755 regular file /scif/apps/tool/scif/env/01-base.sh", "755 regular file /scif/apps/tool/scif/env/90-environment.sh",
        "755 regular file /scif/apps/tool/scif/runscript", "755 regular file /scif/apps/tool/scif/startscript",
        "644 regular file /scif/apps/tool/scif/runscript.help", "644 regular file /scif/apps/tool/scif/labels.json",
    ];

    [Fact]
    public void Every_file_has_its_place_its_kind_and_its_mode()
    {
        var definition = new Definition(Builder.Single, Definition);
        definition.Caller.Run("build", "--ignore-subuid", "--sandbox", "directory", "image.def").Succeeds();

        string[] paths = Array.ConvertAll(s_layout, line => line[(line.LastIndexOf(' ') + 1)..]);
        string[] found = Host.Run(["stat", "-c", "%a %F %n", .. paths.Select(path => definition.Directory + "/directory" + path)])
            .Replace("regular empty file", "regular file", StringComparison.Ordinal)
            .Replace(definition.Directory + "/directory", "", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(s_layout, found);
        Assert.Equal("/.singularity.d/runscript", Path.GetFullPath(File.ResolveLinkTarget(definition.Directory + "/directory/singularity", false)!.FullName)[(definition.Directory + "/directory").Length..]);
    }

    [Fact]
    public void Scripts_have_the_form_of_the_peers()
    {
        var definition = new Definition(Builder.Single, Definition);
        definition.Build().Succeeds();
        Assert.Equal("#!/bin/sh\n\n    echo run\n\n", definition.Shell("cat /.singularity.d/runscript").Out);
        Assert.Equal("#!/bin/sh\n# The environment section of the definition file goes here.\n\n    export A=1\n\n", definition.Shell("cat /.singularity.d/env/90-environment.sh").Out);
        Assert.StartsWith("{\n\t\"org.kerr.reproducible\": \"yes\",\n\t\"org.label-schema.build-arch\": \"", definition.Shell("cat /.singularity.d/labels.json").Out, StringComparison.Ordinal);
        Assert.Contains("\"own\": \"label \\u003ctext\\u003e\"", definition.Shell("cat /.singularity.d/labels.json").Out, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(definition.Directory + "/image.def"), definition.Shell("cat /.singularity.d/Singularity").Out);
    }

    [Fact]
    public void A_SIF_file_has_the_objects_of_the_peers_in_their_order()
    {
        var definition = new Definition(Builder.Single, Definition);
        definition.Build().Succeeds();
        string list = definition.Caller.Run("sif", "list", "image.sif").Succeeds().Out;
        string[] types = [.. list.Split('\n').Where(line => line.Length > 0 && char.IsDigit(line[0])).Select(line => line[(line.LastIndexOf('|') + 1)..])];

        Assert.Equal(3, types.Length);
        Assert.Equal(["Def.FILE", "JSON.Generic"], types[..2]);
        Assert.StartsWith("FS (Squashfs/*System/", types[2], StringComparison.Ordinal);
        Assert.Contains("%environment", definition.Caller.Run("sif", "dump", "1", "image.sif").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_of_an_image_keeps_the_history_and_the_labels()
    {
        var definition = new Definition(Builder.Single, "%labels\n one 1\n both first\n");
        definition.Build().Succeeds();
        var next = new Definition(Builder.Single, "%labels\n two 2\n both second\n", definition.Target);
        next.Build().Succeeds().Ends(0);

        Assert.Contains("one 1", next.Shell("cat /.singularity.d/bootstrap_history/Apptainer0").Out, StringComparison.Ordinal);
        next.Caller.Run("inspect", "image.sif").Shows("one: 1").Shows("two: 2");
        next.Caller.Run("build", "--ignore-subuid", "other.sif", "image.def").Succeeds().Warns("label both is there already");
        next.Caller.Run("inspect", "other.sif").Shows("both: first");
    }

    [Fact]
    public void The_actions_of_an_image_do_what_ours_do()
    {
        // The peers' starters execute them; any shell will do for a look.
        var definition = new Definition(Builder.Single, Definition);
        definition.Build().Succeeds();
        definition.Shell("sh /.singularity.d/actions/exec sh -c 'echo $A'").Prints("1");
        definition.Shell("sh /.singularity.d/actions/run").Prints("run");
        definition.Shell("SINGULARITY_APPNAME=tool sh /.singularity.d/actions/run").Prints("tool");
        definition.Shell("SINGULARITY_APPNAME=none sh /.singularity.d/actions/run").Ends(1);
        definition.Shell("sh /.singularity.d/actions/test && echo tested").Prints("tested");
    }
}

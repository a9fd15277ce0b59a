using System.Collections.Generic;
using System.Text;
using Kerr.Build.Definition;
using Kerr.Build.Sections;

namespace Kerr.Build.Metadata;

/// <summary>The apps of the Scientific Filesystem in an image: <c>/scif/apps/NAME</c> and <c>/scif/data/NAME</c>.</summary>
internal static class AppFiles
{
    private const uint Executable = 0x1ED;

    internal static string Root(string app) => "/scif/apps/" + app;

    /// <summary>Makes the directories and the environment of an app, before its install script runs.</summary>
    internal static void Prepare(RootFiles root, DefinitionApp app)
    {
        string home = Root(app.Name), data = "/scif/data/" + app.Name;
        foreach (string directory in (string[])[home + "/bin", home + "/lib", home + "/scif/env", data + "/input", data + "/output"])
        {
            root.MakeDirectory(directory);
        }

        root.Write(home + "/scif/env/01-base.sh",
            $"#!/bin/sh\n\nSCIF_APPNAME={app.Name}\nSCIF_APPROOT=\"{home}\"\nSCIF_APPMETA=\"{home}/scif\"\nSCIF_DATA=\"/scif/data\"\n"
            + $"SCIF_APPDATA=\"{data}\"\nSCIF_APPINPUT=\"{data}/input\"\nSCIF_APPOUTPUT=\"{data}/output\"\n"
            + "export SCIF_APPNAME SCIF_APPROOT SCIF_APPMETA SCIF_DATA SCIF_APPDATA SCIF_APPINPUT SCIF_APPOUTPUT\n",
            Executable);
        if (app.Text("env") is { Length: > 0 } environment)
        {
            root.Write(home + "/scif/env/90-environment.sh", environment + "\n", Executable);
        }
    }

    /// <summary>The commands of an app's install script, with what stands around them: its directory and its environment.</summary>
    internal static string InstallScript(DefinitionApp app)
        => $". {Root(app.Name)}/scif/env/01-base.sh\n"
            + $"if [ -f {Root(app.Name)}/scif/env/90-environment.sh ]; then . {Root(app.Name)}/scif/env/90-environment.sh; fi\n"
            + "export APPTAINER_APPNAME=$SCIF_APPNAME SINGULARITY_APPNAME=$SCIF_APPNAME\n"
            + "export APPTAINER_APPROOT=$SCIF_APPROOT SINGULARITY_APPROOT=$SCIF_APPROOT\n"
            + "cd $SCIF_APPROOT\n" + app.Text("install");

    /// <summary>Writes scripts, help and labels of all apps, and the variables by which each finds the others.</summary>
    internal static void Finish(RootFiles root, IReadOnlyList<DefinitionApp> apps)
    {
        const string globals = BaseEntries.Directory + "/env/94-appsbase.sh";
        var all = new StringBuilder(root.Read(globals));
        foreach (DefinitionApp app in apps)
        {
            string scif = Root(app.Name) + "/scif";
            foreach ((string section, string file) in ((string, string)[])[("run", "runscript"), ("start", "startscript"), ("test", "test")])
            {
                if (app.Sections.TryGetValue(section, out DefinitionSection? script))
                {
                    root.Write($"{scif}/{file}", SectionScript.Of(script), Executable);
                }
            }

            if (app.Text("help") is { Length: > 0 } help)
            {
                root.Write(scif + "/runscript.help", help + "\n");
            }

            Labels labels = Labels.Read(null);
            labels.Set("SCIF_APP_NAME", app.Name);
            labels.Add(Labels.Lines(app.Text("labels")), replace: true, static _ => { });
            root.Write(scif + "/labels.json", labels.ToJson());
            AddGlobals(all, app);
        }

        root.Write(globals, all.ToString(), Executable);
    }

    private static void AddGlobals(StringBuilder text, DefinitionApp app)
    {
        var name = new StringBuilder();
        foreach (char c in app.Name)
        {
            name.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        }

        string home = Root(app.Name);
        text.Append("# app ").Append(app.Name).Append('\n');
        foreach ((string variable, string value) in ((string, string)[])[
            ("APPDATA", "/scif/data/" + app.Name), ("APPMETA", home + "/scif"), ("APPROOT", home), ("APPBIN", home + "/bin"), ("APPLIB", home + "/lib"),
            ("APPENV", app.Text("env").Length > 0 ? home + "/scif/env/90-environment.sh" : ""),
            ("APPLABELS", home + "/scif/labels.json"),
            ("APPRUN", app.Sections.ContainsKey("run") ? home + "/scif/runscript" : ""),
            ("APPSTART", app.Sections.ContainsKey("start") ? home + "/scif/startscript" : "")])
        {
            if (value.Length > 0)
            {
                text.Append("export SCIF_").Append(variable).Append('_').Append(name).Append("=\"").Append(value).Append("\"\n");
            }
        }
    }
}

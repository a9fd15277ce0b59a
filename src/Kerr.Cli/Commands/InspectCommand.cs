using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Build.Inspection;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Image;
using Kerr.Linux.Files;

namespace Kerr.Cli.Commands;

/// <summary><c>inspect</c>: what an image says about itself.</summary>
internal static class InspectCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Show labels, scripts and other metadata of an image",
        Synopsis = "[options] <image>",
        Description =
            "Nothing is mounted or run: a SIF file carries these data in an object of its own, and where it does not, they are "
            + "read from the files in the image.",
        Examples = "kerr inspect image.sif\nkerr inspect --runscript --environment image.sif\nkerr inspect --all image.sif",
        Arity = Arity.Exactly(1),
        Options = static () => InspectOptions.All,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        OptionValues values = invocation.Values;
        ImageAttributes all;
        using (ImageFile image = ImageFile.Open(invocation.Arguments[0]))
        {
            all = ImageInspection.Of(image, static text => Log.Warning(text));
        }

        bool everything = values.Flag(InspectOptions.Everything);
        string app = everything ? "" : Unicode(values.Text(InspectOptions.App));
        if (app.Length > 0 && !all.Apps.ContainsKey(app))
        {
            Log.Warning($"the image has no app {values.Text(InspectOptions.App)}");
        }

        ImageAttributes chosen = everything ? all : Choose(all, values, app);
        string text = everything || values.Flag(InspectOptions.Json)
            ? AttributesJson.Of(chosen) + "\n"
            : Plain(chosen, app, values.Flag(InspectOptions.ListApps));
        StandardStream.Write(StandardStream.Output, Encoding.UTF8.GetBytes(text));
        if (text.Length == 0)
        {
            Log.Info($"{invocation.Arguments[0]} has {(AsksForOthers(values) ? "nothing of what was asked for" : "no labels; --all shows what there is")}");
        }

        return 0;
    }

    /// <summary>The attributes that the options ask for; of an app, below <see cref="ImageAttributes.Apps"/>.</summary>
    internal static ImageAttributes Choose(ImageAttributes all, OptionValues values, string app)
    {
        var chosen = new ImageAttributes();
        if (values.Flag(InspectOptions.ListApps))
        {
            foreach ((string name, ImageAttributes own) in all.Apps)
            {
                chosen.Apps[name] = own;
            }
        }

        if (app.Length == 0)
        {
            Copy(all, chosen, values);
        }
        else if (all.Apps.TryGetValue(app, out ImageAttributes? own))
        {
            var part = new ImageAttributes();
            Copy(own, part, values);
            chosen.Apps[app] = part;
        }

        if (values.Flag(InspectOptions.Deffile))
        {
            chosen.Deffile = all.Deffile;
        }

        return chosen;
    }

    /// <summary>The attributes as text, in the order of the peers.</summary>
    internal static string Plain(ImageAttributes chosen, string app, bool listApps)
    {
        StringBuilder text = new();
        if (listApps)
        {
            foreach (string name in chosen.Apps.Keys)
            {
                text.Append(name).Append('\n');
            }
        }

        ImageAttributes shown = app.Length > 0 && chosen.Apps.TryGetValue(app, out ImageAttributes? own) ? own : chosen;
        foreach (string part in (ReadOnlySpan<string>)[chosen.Deffile, shown.Runscript, shown.Startscript, shown.Test, shown.Helpfile])
        {
            if (part.Length > 0)
            {
                text.Append(part).Append('\n');
            }
        }

        foreach ((string path, string script) in shown.Environment)
        {
            text.Append("=== ").Append(path).Append(" ===\n").Append(script).Append("\n\n");
        }

        foreach ((string name, string value) in shown.Labels)
        {
            text.Append(name).Append(": ").Append(value).Append('\n');
        }

        return text.ToString();
    }

    private static void Copy(ImageAttributes from, ImageAttributes to, OptionValues values)
    {
        if (values.Flag(InspectOptions.Labels) || !AsksForOthers(values))
        {
            Copy(from.Labels, to.Labels);
        }

        if (values.Flag(InspectOptions.Environment))
        {
            Copy(from.Environment, to.Environment);
        }

        to.Runscript = values.Flag(InspectOptions.Runscript) ? from.Runscript : "";
        to.Startscript = values.Flag(InspectOptions.Startscript) ? from.Startscript : "";
        to.Test = values.Flag(InspectOptions.Test) ? from.Test : "";
        to.Helpfile = values.Flag(InspectOptions.Helpfile) ? from.Helpfile : "";
    }

    private static void Copy(SortedDictionary<string, string> from, SortedDictionary<string, string> to)
    {
        foreach ((string key, string value) in from)
        {
            to[key] = value;
        }
    }

    private static bool AsksForOthers(OptionValues values)
    {
        foreach (Option option in (ReadOnlySpan<Option>)
            [
                InspectOptions.Deffile, InspectOptions.Runscript, InspectOptions.Startscript, InspectOptions.Test,
                InspectOptions.Environment, InspectOptions.Helpfile, InspectOptions.ListApps,
            ])
        {
            if (values.Flag(option))
            {
                return true;
            }
        }

        return false;
    }

    // Arguments have one character per byte, the attributes those that the bytes are in UTF-8.
    private static string Unicode(string latin1) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(latin1));
}

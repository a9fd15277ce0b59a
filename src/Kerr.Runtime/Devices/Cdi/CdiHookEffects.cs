using System;
using System.Collections.Generic;
using Kerr.Image.Elf;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Devices.Cdi;

/// <summary>What the hooks of descriptions would do, done without running them.</summary>
/// <remarks>
/// Hooks are programs of the host that follow paths of the image with whatever privilege a runtime has (CVE-2024-0132 and its like). Their
/// usual ones have two effects: names for libraries, and the loader's cache. Both are part of the plan here.
/// <code>
/// create-symlinks --link TARGET::LINK …      TARGET inside can be found as LINK, too
/// update-ldcache --folder DIR …              libraries of DIR have their sonames, and are in /etc/ld.so.cache
/// chmod, enable-cuda-compat …                nothing: nodes have the host's modes, and the payload is the host's user
/// </code>
/// </remarks>
internal sealed class CdiHookEffects(Injection injection)
{
    private readonly PlanContext _plan = injection.Plan;
    private readonly LibrarySearch _host = new(injection.Plan.Host.Files, Architecture.Host);

    public void Make(IReadOnlyList<(CdiEdits Edits, string Why)> edits)
    {
        foreach ((CdiEdits edit, string why) in edits)
        {
            foreach (CdiHook hook in edit.Hooks)
            {
                Make(hook, why);
            }
        }

        if (injection.LoaderDirectories.Count > 0)
        {
            RenewCache();
        }
    }

    private void Make(CdiHook hook, string why)
    {
        if (Has(hook, "create-symlinks"))
        {
            foreach (string link in Values(hook, "--link"))
            {
                int middle = link.IndexOf("::", StringComparison.Ordinal);
                if (middle > 0 && link[(middle + 2)..] is { Length: > 1 } path && path[0] == '/')
                {
                    string clean = Linux.Files.FileSystem.Clean(path);
                    injection.Links.Add(new InjectedLink(
                        Linux.Files.FileSystem.Absolute(link[..middle], clean[..Math.Max(1, clean.LastIndexOf('/'))]), clean, why));
                }
                else
                {
                    _plan.Notes.SkipLoudly($"link {link}", $"it is no TARGET::/LINK ({why})");
                }
            }
        }
        else if (Has(hook, "update-ldcache"))
        {
            foreach (string folder in Values(hook, "--folder"))
            {
                string clean = Linux.Files.FileSystem.Clean("/" + folder);
                if (!injection.LoaderDirectories.Contains(clean))
                {
                    injection.LoaderDirectories.Add(clean);
                }
            }
        }
        else if (Has(hook, "chmod") || Has(hook, "enable-cuda-compat") || Has(hook, "disable-device-node-modification"))
        {
            _plan.Notes.Verbose($"CDI hook {string.Join(' ', hook.Arguments)}: there is nothing to do without privileges");
        }
        else
        {
            _plan.Notes.SkipLoudly($"CDI hook {hook.Path}", $"programs of descriptions are not run, and its effect is not known ({why})");
        }
    }

    /// <summary>The libraries that came into the directories get their sonames, and the cache names them.</summary>
    private void RenewCache()
    {
        var found = new List<(string Name, string Path)>();
        foreach (InjectedFile file in (List<InjectedFile>)[.. injection.Files])
        {
            int slash = file.Target.LastIndexOf('/');
            if (!injection.LoaderDirectories.Contains(file.Target[..slash]) || _host.Read(file.Source) is not { IsDynamic: true } library
                || library.Architecture != Architecture.Host)
            {
                continue;
            }

            string name = library.SoName is { Length: > 0 } soname && !soname.Contains('/', StringComparison.Ordinal) ? soname : file.Target[(slash + 1)..];
            string path = $"{file.Target[..slash]}/{name}";
            if (path != file.Target && !injection.Files.Exists(other => other.Target == path))
            {
                injection.Files.Add(new InjectedFile(file.Source, path, true, file.Why));
            }

            found.Add((name, path));
        }

        // A link's name can be asked for as well: programs open libcuda.so by it.
        foreach (InjectedLink link in injection.Links)
        {
            int slash = link.Link.LastIndexOf('/');
            if (injection.LoaderDirectories.Contains(link.Link[..slash]) && AcceleratorList.IsLibrary(link.Link))
            {
                found.Add((link.Link[(slash + 1)..], link.Link));
            }
        }

        if (found.Count == 0)
        {
            return;
        }

        if (injection.Container.Search is not { } container)
        {
            _plan.Notes.Verbose($"The loader's cache stays as it is ({injection.Container.Unknown}): LD_LIBRARY_PATH names the directories");
            injection.FirstDirectories.AddRange(injection.LoaderDirectories);
            return;
        }

        if (CLibrary.Of(container).Kind != CLibraryKind.Glibc)
        {
            _plan.Notes.Skip("the loader's cache", "the container has no glibc");
            return;
        }

        LoaderCache cache = container.Cache.Copy();
        int flags = LoaderCache.FlagsOf(container.Architecture);
        for (int i = found.Count - 1; i >= 0; i--)
        {
            cache.Add(found[i].Name, found[i].Path, flags);
        }

        injection.LoaderCache = cache;
    }

    private static bool Has(CdiHook hook, string word)
    {
        foreach (string argument in hook.Arguments)
        {
            if (argument == word)
            {
                return true;
            }
        }

        return false;
    }

    private static List<string> Values(CdiHook hook, string option)
    {
        var values = new List<string>();
        for (int i = 0; i < hook.Arguments.Count; i++)
        {
            string argument = hook.Arguments[i];
            if (argument == option && i + 1 < hook.Arguments.Count)
            {
                values.Add(hook.Arguments[++i]);
            }
            else if (argument.StartsWith(option + "=", StringComparison.Ordinal))
            {
                values.Add(argument[(option.Length + 1)..]);
            }
        }

        return values;
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;

namespace Kerr.Runtime.Configuration;

/// <summary>The settings of a site, by name and type, with the line that each came from.</summary>
/// <remarks>
/// A list that the file does not name is empty, not the default: that is how a site takes the installed
/// <c>bind path</c> lines away. <see cref="Default"/> is what the installed file says.
/// </remarks>
public sealed class SiteConfiguration
{
    private readonly List<Setting> _settings;

    internal SiteConfiguration(string? path, List<Setting> settings)
    {
        Path = path;
        _settings = settings;
    }

    /// <summary>What the installed file says.</summary>
    public static SiteConfiguration Default { get; } = MakeDefault();

    /// <summary>The file it was read from; null for the defaults.</summary>
    public string? Path { get; }

    /// <summary>SHA-256 of the file, as `sha256sum` prints it; null for what no file says.</summary>
    public Lazy<string>? Digest { get; internal set; }

    // Privilege.
    public bool AllowSetuid => Yes(Directives.AllowSetuid);

    public bool AllowUserNs => Yes(Directives.AllowUserNs);

    public bool AllowPidNs => Yes(Directives.AllowPidNs);

    public bool AllowIpcNs => Yes(Directives.AllowIpcNs);

    public bool AllowUtsNs => Yes(Directives.AllowUtsNs);

    /// <summary>full, file or no.</summary>
    public string RootDefaultCapabilities => Text(Directives.RootDefaultCapabilities);

    // What is seen inside.
    public bool ConfigPasswd => Yes(Directives.ConfigPasswd);

    public bool ConfigGroup => Yes(Directives.ConfigGroup);

    public bool ConfigResolvConf => Yes(Directives.ConfigResolvConf);

    public bool MountProc => Yes(Directives.MountProc);

    public bool MountSys => Yes(Directives.MountSys);

    /// <summary>yes, no or minimal.</summary>
    public string MountDev => Text(Directives.MountDev);

    public bool MountDevPts => Yes(Directives.MountDevPts);

    public bool MountHome => Yes(Directives.MountHome);

    public bool MountTmp => Yes(Directives.MountTmp);

    public bool MountHostfs => Yes(Directives.MountHostfs);

    /// <summary><c>source</c> or <c>source:target</c>.</summary>
    public IReadOnlyList<string> BindPath => Items(Directives.BindPath);

    public bool MountSlave => Yes(Directives.MountSlave);

    public bool UserBindControl => Yes(Directives.UserBindControl);

    public bool ShareImages => Yes(Directives.ShareImages);

    public bool ShareRanks => Yes(Directives.ShareRanks);

    public bool EnableFusemount => Yes(Directives.EnableFusemount);

    // Layers.
    /// <summary>yes, no or driver (try is yes).</summary>
    public string EnableOverlay => Text(Directives.EnableOverlay) is "try" ? "yes" : Text(Directives.EnableOverlay);

    /// <summary>yes, no or preferred.</summary>
    public string EnableUnderlay => Text(Directives.EnableUnderlay);

    /// <summary>In MiB.</summary>
    public long SessiondirMaxSize => Number(Directives.SessiondirMaxSize);

    /// <summary>tmpfs or ramfs.</summary>
    public string MemoryFsType => Text(Directives.MemoryFsType);

    // Images.
    public long ImageServerCache => Number(Directives.ImageServerCache);

    public long MaxLoopDevices => Number(Directives.MaxLoopDevices);

    public bool SharedLoopDevices => Yes(Directives.SharedLoopDevices);

    public string ImageDriver => Text(Directives.ImageDriver);

    public bool AllowContainerSif => Yes(Directives.AllowContainerSif);

    public bool AllowContainerEncrypted => Yes(Directives.AllowContainerEncrypted);

    public bool AllowContainerSquashfs => Yes(Directives.AllowContainerSquashfs);

    public bool AllowContainerExtfs => Yes(Directives.AllowContainerExtfs);

    public bool AllowContainerDir => Yes(Directives.AllowContainerDir);

    public IReadOnlyList<string> LimitContainerOwners => Items(Directives.LimitContainerOwners);

    public IReadOnlyList<string> LimitContainerGroups => Items(Directives.LimitContainerGroups);

    public IReadOnlyList<string> LimitContainerPaths => Items(Directives.LimitContainerPaths);

    public bool AllowSetuidMountEncrypted => Yes(Directives.AllowSetuidMountEncrypted);

    /// <summary>yes, no or iflimited; the older name's no is a no.</summary>
    public string AllowSetuidMountSquashfs
        => Yes(Directives.AllowKernelSquashfs) ? Text(Directives.AllowSetuidMountSquashfs) : "no";

    public bool AllowSetuidMountExtfs => Yes(Directives.AllowSetuidMountExtfs) && Yes(Directives.AllowKernelExtfs);

    public bool SyncWritableExtfs => Yes(Directives.SyncWritableExtfs);

    public bool TmpSandbox => Yes(Directives.TmpSandbox);

    // Records.
    public bool AuditLaunches => Yes(Directives.AuditLaunches);

    /// <summary>auto, journald, syslog or the path of a socket.</summary>
    public string AuditSink => Text(Directives.AuditSink);

    public bool AuditRequired => Yes(Directives.AuditRequired);

    // Network.
    public IReadOnlyList<string> AllowNetUsers => Items(Directives.AllowNetUsers);

    public IReadOnlyList<string> AllowNetGroups => Items(Directives.AllowNetGroups);

    public IReadOnlyList<string> AllowNetNetworks => Items(Directives.AllowNetNetworks);

    public IReadOnlyList<string> AllowNetnsPaths => Items(Directives.AllowNetnsPaths);

    public string CniConfigurationPath => Text(Directives.CniConfigurationPath);

    public string CniPluginPath => Text(Directives.CniPluginPath);

    // Devices and limits.
    public bool AlwaysUseNv => Yes(Directives.AlwaysUseNv);

    public bool UseNvidiaContainerCli => Yes(Directives.UseNvidiaContainerCli);

    public bool AlwaysUseRocm => Yes(Directives.AlwaysUseRocm);

    public bool SystemdCgroups => Yes(Directives.SystemdCgroups);

    public bool AllowMonitoring => Yes(Directives.AllowMonitoring);

    public string ApptheusSocketPath => Text(Directives.ApptheusSocketPath);

    // Programs and transfers.
    public string BinaryPath => Text(Directives.BinaryPath);

    /// <summary>0: all.</summary>
    public long MksquashfsProcs => Number(Directives.MksquashfsProcs);

    public string MksquashfsMem => Text(Directives.MksquashfsMem);

    public long DownloadConcurrency => Number(Directives.DownloadConcurrency);

    public long DownloadPartSize => Number(Directives.DownloadPartSize);

    public long DownloadBufferSize => Number(Directives.DownloadBufferSize);

    /// <summary>Empty for none.</summary>
    public string SiteCache => Text(Directives.SiteCache);

    /// <summary>With a unit; empty for no limit.</summary>
    public string CacheQuota => Text(Directives.CacheQuota);

    /// <summary>The value in force as the file would have it; list items by commas.</summary>
    public string Value(Directive directive)
        => directive.Kind == DirectiveKind.List ? string.Join(',', Items(directive)) : Text(directive);

    /// <summary>The lines of the file that set it; empty when the default is in force.</summary>
    public IReadOnlyList<int> Lines(Directive directive)
    {
        List<int> lines = [];

        foreach (Setting setting in _settings)
        {
            if (ReferenceEquals(setting.Directive, directive) && setting.Line > 0)
            {
                lines.Add(setting.Line);
            }
        }

        return lines;
    }

    /// <summary>The items of a list with the line of each; 0 where none.</summary>
    public IReadOnlyList<(string Item, int Line)> ItemsWithLines(Directive directive)
    {
        List<(string, int)> items = [];

        foreach (Setting setting in _settings)
        {
            if (ReferenceEquals(setting.Directive, directive))
            {
                foreach (string item in ListItems.Split(setting.Value))
                {
                    items.Add((item, setting.Line));
                }
            }
        }

        return items;
    }

    /// <summary>The directives that the file sets and that have no effect, for a note to who asks for more words.</summary>
    public IReadOnlyList<string> Notes
    {
        get
        {
            List<string> notes = [];

            foreach (Setting setting in _settings)
            {
                if (setting.Directive.Ignored is { } why)
                {
                    notes.Add($"{Path}:{setting.Line}: '{setting.Directive.Name}' has no effect: {why}");
                }
            }

            return notes;
        }
    }

    /// <summary>The same with one directive set otherwise, as if the file said so; for tests and for --build-config.</summary>
    public SiteConfiguration With(Directive directive, string value)
    {
        List<Setting> settings = [.. _settings];
        settings.RemoveAll(setting => ReferenceEquals(setting.Directive, directive));
        settings.Add(new Setting(directive, value, 0));
        return new SiteConfiguration(Path, settings);
    }

    /// <summary>What builds run with: nothing of what this shows in ordinary containers. What it forbids it goes on forbidding.</summary>
    public SiteConfiguration ForBuilds => this
        .With(Directives.BindPath, "")
        .With(Directives.ConfigResolvConf, "no")
        .With(Directives.MountHome, "no")
        .With(Directives.MountDevPts, "no");

    private static SiteConfiguration MakeDefault()
        => new(null, [new Setting(Directives.BindPath, Directives.BindPath.Default, 0)]);

    private bool Yes(Directive directive) => Text(directive) == "yes";

    private long Number(Directive directive) => long.Parse(Text(directive), NumberStyles.None, CultureInfo.InvariantCulture);

    private string Text(Directive directive)
    {
        foreach (Setting setting in _settings)
        {
            if (ReferenceEquals(setting.Directive, directive))
            {
                return setting.Value;
            }
        }

        return directive.Default;
    }

    private List<string> Items(Directive directive)
    {
        List<string> items = [];

        foreach (Setting setting in _settings)
        {
            if (ReferenceEquals(setting.Directive, directive))
            {
                items.AddRange(ListItems.Split(setting.Value));
            }
        }

        return items;
    }

    /// <summary>A line of the file that sets something; line 0 is none.</summary>
    internal readonly record struct Setting(Directive Directive, string Value, int Line);
}

using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands;

/// <summary><c>buildcfg</c>: where things lie, under the names that scripts ask the peers for.</summary>
internal static class BuildcfgCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Show the places of this installation",
        Synopsis = "[name]",
        Description = "Prints NAME=VALUE lines; with a name, its value alone.",
        Examples = "kerr buildcfg\nkerr buildcfg LIBEXECDIR",
        Arity = Arity.Between(0, 1),
        Hidden = true,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        (string Name, string Value)[] all = Values(invocation.Program, Site.Installation);

        if (invocation.Arguments is [string wanted])
        {
            foreach ((string name, string value) in all)
            {
                if (name == wanted)
                {
                    StandardStream.Write(StandardStream.Output, value + "\n");
                    return 0;
                }
            }

            throw new UserException($"no build setting has the name '{wanted}'", $"{invocation.Program.Name} buildcfg");
        }

        StringBuilder text = new();

        foreach ((string name, string value) in all)
        {
            text.Append(name).Append('=').Append(value).Append('\n');
        }

        StandardStream.Write(StandardStream.Output, text.ToString());
        return 0;
    }

    internal static (string Name, string Value)[] Values(ProgramName program, Installation installation)
    {
        string prefix = installation.Prefix == "/" ? "" : installation.Prefix;
        string share = prefix + "/share";
        string state = installation.LocalStateDir;

        return
        [
            ("PACKAGE_NAME", program.Name == "kerr" ? "kerr" : "apptainer"),
            ("PACKAGE_VERSION", program.Version),
            ("BUILDDIR", ""),
            ("PREFIX", installation.Prefix),
            ("EXECPREFIX", installation.Prefix),
            ("BINDIR", installation.BinDir),
            ("SBINDIR", prefix + "/sbin"),
            ("LIBEXECDIR", prefix + "/libexec"),
            ("DATAROOTDIR", share),
            ("DATADIR", share),
            ("SYSCONFDIR", installation.SysconfDir),
            ("SHAREDSTATEDIR", prefix + "/com"),
            ("LOCALSTATEDIR", state),
            ("RUNSTATEDIR", state + "/run"),
            ("INCLUDEDIR", prefix + "/include"),
            ("DOCDIR", share + "/doc/kerr"),
            ("INFODIR", share + "/info"),
            ("LIBDIR", prefix + "/lib"),
            ("LOCALEDIR", share + "/locale"),
            ("MANDIR", share + "/man"),
            ("APPTAINER_CONFDIR", installation.ConfDir),
            ("SESSIONDIR", state + "/kerr/mnt/session"),
            ("PLUGIN_ROOTDIR", prefix + "/libexec/kerr/plugin"),
            ("APPTAINER_CONF_FILE", installation.ConfDir + "/apptainer.conf"),
            ("APPTAINER_SUID_INSTALL", installation.IsSetuid ? "1" : "0"),
        ];
    }
}

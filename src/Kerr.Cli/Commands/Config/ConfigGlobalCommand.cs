using System.IO;
using System.Text;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands.Config;

/// <summary><c>config global</c>: reads and changes kerr.conf.</summary>
internal static class ConfigGlobalCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Read or change a directive of kerr.conf",
        Synopsis = "<option> <directive> [value,...]",
        Description =
            "Changes one directive; comments and all else in the file stay. The file is replaced in one step and keeps "
            + "owner and mode; a launch that reads it meanwhile sees the old one or the new one.\n\n"
            + "Only who may write the file can change it. With a setuid starter that is root.",
        Examples =
            "kerr config global --get \"mount home\"\n"
            + "kerr config global --set \"bind path\" /scratch,/projects\n"
            + "kerr config global --unset \"bind path\" /scratch\n"
            + "kerr config global --dry-run --reset \"mount dev\"",
        Arity = Arity.Between(1, 2),
        Options = static () => ConfigGlobalOptions.All,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        OptionValues values = invocation.Values;
        string name = invocation.Arguments[0];
        string value = invocation.Arguments.Length > 1 ? invocation.Arguments[1] : "";
        Directive directive = DirectiveTable.Find(name) ?? throw new UserException(
            ConfigurationReader.UnknownName(name), $"{invocation.Program.Name} config global --dry-run --reset \"mount home\" lists them all");

        string path = Site.ConfigurationPath(invocation, Site.Installation);

        if (values.Flag(ConfigGlobalOptions.Get))
        {
            string inForce = ConfigurationFile.Load(path).Value(directive);

            if (inForce.Length > 0)
            {
                StandardStream.Write(StandardStream.Output, inForce + "\n");
            }

            return 0;
        }

        byte[] content = Edited(invocation, path, directive, value);

        if (values.Flag(ConfigGlobalOptions.DryRun))
        {
            StandardStream.Write(StandardStream.Output, Encoding.Latin1.GetString(content));
            return 0;
        }

        Replace(path, content);
        return 0;
    }

    private static byte[] Edited(Invocation invocation, string path, Directive directive, string value)
    {
        OptionValues values = invocation.Values;

        try
        {
            ConfigurationEditor editor = new(path, SmallFile.Read(path, ConfigurationFile.Limit));

            if (values.Flag(ConfigGlobalOptions.Set))
            {
                editor.Set(directive, value);
            }
            else if (values.Flag(ConfigGlobalOptions.Unset))
            {
                editor.Unset(directive, value);
            }
            else if (values.Flag(ConfigGlobalOptions.Reset))
            {
                editor.Reset(directive);
            }
            else
            {
                throw new UsageException(
                    "one of --set, --unset, --get, --reset is needed", invocation.Path, invocation.Command, aboutOptions: true);
            }

            return editor.ToBytes();
        }
        catch (LinuxException error)
        {
            throw ConfigurationFile.Unreadable(path, error);
        }
        catch (InvalidDataException error)
        {
            throw new UserException(error.Message, $"correct {path} with an editor", error);
        }
    }

    private static void Replace(string path, byte[] content)
    {
        if (CurrentProcess.EffectiveUserId != 0 && !FileSystem.IsAccessible(path, 2))
        {
            throw new UserException(
                $"changing {path} needs root privileges, or an installation of your own",
                "run the command as root, or name a file of yours with --config FILE");
        }

        try
        {
            SmallFile.Replace(path, content);
        }
        catch (LinuxException error)
        {
            throw new UserException(
                $"cannot replace the configuration {path}: {error.Message}",
                "make its directory writable for yourself, or use an editor",
                error);
        }
    }
}

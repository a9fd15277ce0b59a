using System;
using System.IO;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Runtime.Configuration;

/// <summary>The configuration file of an installation, or the one that was asked for.</summary>
public static class ConfigurationFile
{
    /// <summary>More would not be a configuration; the installed one has 9 KB.</summary>
    public const int Limit = 1024 * 1024;

    /// <summary>Which file is to be read.</summary>
    /// <param name="installation">Whose.</param>
    /// <param name="asked">The value of --config or its variable; null for the installed one.</param>
    /// <param name="isRoot">Whether root asks.</param>
    /// <exception cref="UserException">A user asks for another file than the one that binds users.</exception>
    public static string Choose(Installation installation, string? asked, bool isRoot)
    {
        if (asked is null || asked == installation.ConfigurationFile)
        {
            return installation.ConfigurationFile;
        }

        return isRoot || !installation.IsSetuid
            ? asked
            : throw new UserException(
                "--config needs root, since this installation has a setuid starter",
                $"leave --config out; {installation.ConfigurationFile} is used");
    }

    /// <exception cref="UserException">It is missing, unreadable or not understood.</exception>
    public static SiteConfiguration Load(string path)
    {
        try
        {
            byte[] content = SmallFile.Read(path, Limit);
            SiteConfiguration configuration = ConfigurationReader.Read(path, content);
            configuration.Digest = new Lazy<string>(() => new Audit.Sha256().Add(content).Finish(), isThreadSafe: false);
            return configuration;
        }
        catch (LinuxException error)
        {
            throw Unreadable(path, error);
        }
        catch (InvalidDataException error)
        {
            throw new UserException(error.Message, $"correct {path}", error);
        }
    }

    /// <summary>The explanation for a file that could not be read.</summary>
    public static UserException Unreadable(string path, LinuxException error) => new(
        $"cannot read the configuration {path}: {error.Errno.Text()}",
        error.Errno == Errno.ENOENT
            ? "install the kerr.conf of the release there, or name one with --config FILE"
            : $"ask for read permission on {path}, or name another file with --config FILE",
        error);
}

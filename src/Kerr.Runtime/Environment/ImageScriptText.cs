using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Linux;
using Kerr.Runtime.Environment.Shell;

namespace Kerr.Runtime.Environment;

/// <summary>
/// Writes the script by which an image's own shell computes the environment, where <see cref="ImageScripts"/> cannot.
/// </summary>
/// <remarks>
/// It is plain POSIX shell: dash, busybox's ash and bash run it. The shell starts with <see cref="InitialEnvironment"/>; what it
/// has exported when it reaches the last line is half of the result. The other half are host variables that no shell need
/// touch, and <see cref="ShellEnvironment.Merge"/> joins the two. Names that begin with <c>kerr_</c> are its own.
/// </remarks>
public static class ImageScriptText
{
    private const string ScriptDirectory = "/.singularity.d/env";

    /// <summary>The environment to start the shell with: what scripts may see, and nothing else of the host.</summary>
    public static IReadOnlyList<EnvironmentVariable> InitialEnvironment(ImageScriptsRequest request)
    {
        List<EnvironmentVariable> variables = [new("PWD", request.WorkingDirectory), new("PATH", HostEnvironment.DefaultPath)];
        foreach (EnvironmentVariable variable in request.Forwarded)
        {
            if (ImageScripts.IsVisible(variable.Name) && variable.Name != "PWD")
            {
                variables.Add(variable);
            }
        }

        return variables;
    }

    /// <param name="lastLine">What follows when the environment is complete: an <c>exec</c> of the program that merges.</param>
    /// <param name="listed">The scripts of the request are all; else the shell looks for them itself.</param>
    /// <exception cref="UserException">An injected value is no shell text.</exception>
    public static string Generate(ImageScriptsRequest request, string lastLine, bool listed = true)
    {
        StringBuilder text = new();
        AppendStart(text, request);
        AppendInjection(text, request);
        if (!listed)
        {
            text.Append($"if [ -d {ScriptDirectory} ]; then\n");
            AppendSourcing(text, ScriptDirectory + "/*.sh");
            text.Append("else\n");
            AppendSourcing(text, ImageScripts.OldScript);
            text.Append("fi\n");
        }
        else if (request.Scripts.Count > 0)
        {
            List<ImageScript> scripts = ImageScripts.Ordered(request.Scripts);
            AppendSourcing(text, string.Join(' ', scripts.ConvertAll(script => InjectedValue.Literal(script.Path))));
        }

        text.Append("kerr_inject \"$@\"\n");
        AppendEnd(text, request);
        return text.Append(lastLine).Append('\n').ToString();
    }

    /// <summary>Whether a script is written for bash: the image's bash, if it has one, should run it rather than its sh.</summary>
    public static bool NeedsBash(byte[] script)
    {
        string text = ByteText.FromNative(script);
        int lineEnd = text.IndexOf('\n', StringComparison.Ordinal);
        if (text.StartsWith("#!", StringComparison.Ordinal)
            && text.AsSpan(0, lineEnd < 0 ? text.Length : lineEnd).Contains("bash", StringComparison.Ordinal))
        {
            return true;
        }

        try
        {
            ShellParser parser = ShellParser.Reader(text, "script");
            parser.ReadScript();
            return parser.SawBash;
        }
        catch (Exception error) when (error is ShellErrorException or ShellUnsupportedException)
        {
            // What stopped the parser is as a rule something of bash that it does not know.
            return true;
        }
    }

    private static void AppendStart(StringBuilder text, ImageScriptsRequest request)
    {
        // dash and ash set PS1 for themselves, and scripts that give it a default would keep that.
        text.Append("unset PS1 PROMPT_COMMAND\n");
        text.Append($": \"${{UID:={request.Uid}}}\" \"${{EUID:={request.Uid}}}\" \"${{GID:={request.Gid}}}\"\n");
        text.Append($"PATH={HostEnvironment.DefaultPath}\nexport PATH PWD\n");
        text.Append("kerr_path() {\n");
        text.Append("  for kerr_n in ").Append(HostEnvironment.DefaultPath.Replace(':', ' ')).Append("; do\n");
        text.Append("    case \":${PATH-}:\" in *\":$kerr_n:\"*) ;; *) PATH=\"${PATH:+$PATH:}$kerr_n\" ;; esac\n");
        text.Append("  done\n  export PATH\n}\n");
        text.Append("kerr_any() {\n  for kerr_n in \"$1\"/*; do\n");
        text.Append("    if [ -e \"$kerr_n\" ] || [ -L \"$kerr_n\" ]; then return 0; fi\n  done\n  return 1\n}\n");

        // Names that the shell has of its own accord (HOSTNAME in bash) are not the scripts' doing.
        text.Append("kerr_names='");
        foreach (EnvironmentVariable variable in request.Forwarded)
        {
            if (ShellParser.IsName(variable.Name) && variable.Name is not ("PWD" or "PATH" or "IFS" or "OPTIND"))
            {
                text.Append(' ').Append(variable.Name);
            }
        }

        text.Append("'\nkerr_own=' '\nfor kerr_n in $kerr_names; do\n");
        text.Append("  if eval \"[ -n \\\"\\${$kerr_n+x}\\\" ]\"; then kerr_own=\"$kerr_own$kerr_n \"; fi\ndone\n");
    }

    /// <summary>The scripts, and what follows some: PATH is completed after an OCI image's own, and 99-base.sh ends the image's part.</summary>
    /// <remarks>They are sourced outside any function: in one, what they <c>declare</c> would be local to it.</remarks>
    private static void AppendSourcing(StringBuilder text, string words)
    {
        text.Append($"for kerr_s in {words}; do\n");
        text.Append("  if [ ! -f \"$kerr_s\" ] || [ ! -r \"$kerr_s\" ]; then continue; fi\n");
        text.Append("  case $kerr_s in */99-runtimevars.sh) continue ;; esac\n");
        text.Append("  . \"$kerr_s\"\n  set +aefu\n");
        text.Append("  case $kerr_s in\n");
        text.Append($"  */10-docker.sh | */10-docker2singularity.sh | {ImageScripts.OldScript}) kerr_path ;;\n");
        text.Append("  */99-base.sh) kerr_inject \"$@\" ;;\n  esac\ndone\n");
    }

    private static void AppendInjection(StringBuilder text, ImageScriptsRequest request)
    {
        text.Append("kerr_injected=\nkerr_inject() {\n[ -z \"$kerr_injected\" ] || return 0\nkerr_injected=1\n");
        text.Append($"if [ -z \"${{PATH+x}}\" ]; then PATH={HostEnvironment.DefaultPath}; export PATH; fi\n");
        foreach (EnvironmentVariable given in request.Injected)
        {
            EnvironmentVariable variable = ImageScripts.ToInject(given);
            if (!ShellParser.IsName(variable.Name) || ImageScripts.IsShells(variable.Name))
            {
                continue;
            }

            if (request.NoEvaluation)
            {
                text.Append($"export {variable.Name}={InjectedValue.Literal(variable.Value)}\n");
            }
            else
            {
                InjectedValue.Parse(variable);
                text.Append($"export {variable.Name}={InjectedValue.Evaluated(variable.Value)}\n");
            }
        }

        // The same list that ldconfig gives to the peers: lines that begin with a slash, up to their colon.
        const string Libraries = ImageScripts.LibraryDirectory;
        text.Append($"if [ \"${{LD_LIBRARY_PATH-}}\" = {Libraries} ] && [ -x /sbin/ldconfig ]; then\n");
        text.Append($"  if kerr_any {Libraries} || [ -n \"${{PREPEND_LD_LIBRARY_PATH-}}${{APPEND_LD_LIBRARY_PATH-}}\" ]; then\n");
        text.Append("    kerr_n=$(/sbin/ldconfig -Nv 2>/dev/null | while IFS= read -r kerr_n; do\n");
        text.Append("      case $kerr_n in (/*:*) printf '%s:' \"${kerr_n%%:*}\" ;; esac\n    done)\n");
        text.Append("    LD_LIBRARY_PATH=$kerr_n$LD_LIBRARY_PATH\n  fi\nfi\n}\n");
    }

    private static void AppendEnd(StringBuilder text, ImageScriptsRequest request)
    {
        text.Append("unset IFS\n");
        text.Append("PATH=${SING_USER_DEFINED_PREPEND_PATH:+$SING_USER_DEFINED_PREPEND_PATH:}${PATH-}\n");
        text.Append("PATH=$PATH${SING_USER_DEFINED_APPEND_PATH:+:$SING_USER_DEFINED_APPEND_PATH}\n");
        text.Append("PATH=${SING_USER_DEFINED_PATH:-$PATH}\nexport PATH\n");
        text.Append("unset SING_USER_DEFINED_PREPEND_PATH SING_USER_DEFINED_APPEND_PATH SING_USER_DEFINED_PATH\n");
        text.Append($"if kerr_any {ImageScripts.LibraryDirectory}32; then\n");
        text.Append($"  export LD_LIBRARY_PATH=\"${{LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}}{ImageScripts.LibraryDirectory}32\"\nfi\n");
        if (request.HasHostLibraries)
        {
            text.Append($"case \":${{LD_LIBRARY_PATH-}}:\" in *\":{ImageScripts.LibraryDirectory}:\"*) ;; *)\n");
            text.Append($"  export LD_LIBRARY_PATH=\"${{LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}}{ImageScripts.LibraryDirectory}\" ;;\nesac\n");
        }

        if (request.FirstLibraryDirectories.Count > 0)
        {
            string first = InjectedValue.Literal(string.Join(':', request.FirstLibraryDirectories));
            text.Append($"export LD_LIBRARY_PATH={first}\"${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\"\n");
        }

        text.Append("if [ -n \"${LD_LIBRARY_PATH-}\" ]; then\n");
        text.Append("  LD_LIBRARY_PATH=${PREPEND_LD_LIBRARY_PATH:+$PREPEND_LD_LIBRARY_PATH:}$LD_LIBRARY_PATH");
        text.Append("${APPEND_LD_LIBRARY_PATH:+:$APPEND_LD_LIBRARY_PATH}\nfi\n");
        foreach (EnvironmentVariable variable in request.Forwarded)
        {
            if (ImageScripts.IsFixed(variable))
            {
                text.Append($"export {variable.Name}={InjectedValue.Literal(variable.Value)}\n");
            }
            else if (variable.Name is "PS1" or "PROMPT_COMMAND")
            {
                // These two are needed below; all other host variables come back when the shell has ended.
                text.Append($"if [ -z \"${{{variable.Name}+x}}\" ]; then {variable.Name}={InjectedValue.Literal(variable.Value)}; fi\n");
            }
        }

        // An empty value removes a host variable, and any other hides it, exported or not. IFS is every shell's own.
        text.Append("kerr_defined=' IFS '\nfor kerr_n in $kerr_names; do\n");
        text.Append("  eval \"kerr_v=\\${$kerr_n+x}\\${$kerr_n-}\"\n  case $kerr_v in\n  '') ;;\n");
        text.Append("  x) unset \"$kerr_n\"; kerr_defined=\"$kerr_defined$kerr_n \" ;;\n");
        text.Append("  *) case $kerr_own in *\" $kerr_n \"*) ;; *) kerr_defined=\"$kerr_defined$kerr_n \" ;; esac ;;\n");
        text.Append("  esac\ndone\n");
        text.Append($"export PS1=\"${{PS1:-{ImageScripts.Prompt}}}\"\n");
        text.Append("if [ -z \"${PROMPT_COMMAND-}\" ]; then\n");
        text.Append("  export PROMPT_COMMAND=\"PS1=\\\"$PS1\\\"; unset PROMPT_COMMAND\"\nelse\n");
        text.Append("  export PROMPT_COMMAND=\"$PROMPT_COMMAND; ");
        text.Append("PROMPT_COMMAND=\\\"\\${PROMPT_COMMAND%%; PROMPT_COMMAND=*}\\\"; PS1=\\\"$PS1\\\"\"\nfi\n");
        text.Append($"export APPTAINER_ENVIRONMENT=\"${{APPTAINER_ENVIRONMENT:-{ImageScripts.CustomEnvironment}}}\"\n");
        text.Append("export SINGULARITY_ENVIRONMENT=\"$APPTAINER_ENVIRONMENT\"\n");
        string directory = InjectedValue.Literal(request.WorkingDirectory);
        text.Append($"if [ \"$PWD\" != {directory} ]; then cd {directory} 2>/dev/null; export PWD={directory}; fi\n");
        text.Append($"export {ShellEnvironment.DefinedName}=\"$kerr_defined\"\n");
    }
}

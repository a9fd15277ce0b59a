using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using Kerr.Linux;
using Kerr.Linux.Processes;
using Kerr.Registry.Distribution;

namespace Kerr.Registry.Auth;

/// <summary>A program <c>docker-credential-NAME</c> that keeps credentials: reads a host, answers with JSON.</summary>
internal static class CredentialHelper
{
    private static readonly SearchValues<char> s_name = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    /// <summary>Null where it knows none.</summary>
    /// <exception cref="UserException">There is no such program, or it answers something else.</exception>
    internal static Credential? Get(string name, string host, IReadOnlyList<string> environment)
    {
        string program = "docker-credential-" + name;
        string? path = name.AsSpan().ContainsAnyExcept(s_name) ? null : ChildProcess.Find(program, EnvironmentBlock.Get(environment, "PATH"));
        if (path is null)
        {
            throw new UserException($"the credential helper {program} is not on this host", "install it, or log in without it: kerr registry login");
        }

        using FedProcess process = FedProcess.Start(path, ["get"], environment);
        try
        {
            process.Input.Write(Encoding.UTF8.GetBytes(host + "\n"));
        }
        catch (LinuxException failure) when (failure.Errno == Errno.EPIPE)
        {
            // It needs no host to say that it knows none.
        }

        ChildResult result = process.Finish();
        if (!result.Succeeded)
        {
            // Its way of saying that there is none; whatever else it has to say is worth hearing.
            return result.Output.Contains("credentials not found", StringComparison.OrdinalIgnoreCase)
                ? null
                : throw new UserException($"the credential helper {program} failed: {result.Output.Trim()}", $"try it by itself: echo {host} | {program} get");
        }

        try
        {
            using JsonDocument answer = Json.Parse(Encoding.Latin1.GetBytes(result.Output), "its answer");
            string user = Json.Text(answer.RootElement, "Username") ?? "", secret = Json.Text(answer.RootElement, "Secret") ?? "";
            return secret.Length == 0 ? null : new Credential(user, secret, user == "<token>");
        }
        catch (InvalidDataException error)
        {
            throw new UserException($"the credential helper {program} gave no credential: {error.Message}", $"try it by itself: echo {host} | {program} get", error);
        }
    }
}

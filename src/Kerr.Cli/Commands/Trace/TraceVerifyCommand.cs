using System.Collections.Generic;
using System.Globalization;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Runtime.Trace;

namespace Kerr.Cli.Commands.Trace;

/// <summary><c>trace verify</c> and <c>trace head</c>: whether the store is whole, and what shows that it was rewritten.</summary>
internal static class TraceVerifyCommand
{
    internal static Command DeclareVerify() => new()
    {
        Summary = "Tell whether the records are as they were kept",
        Synopsis = "[options]",
        Description = "Names the first record that was altered, removed or moved. Root can rewrite all records and the head alike; a head that was kept on another host "
            + "shows that, too.",
        Examples = "kerr trace verify\nkerr trace verify --head \"$(cat heads/node17)\"",
        Arity = Arity.Exactly(0),
        Options = static () => TraceOptions.Verify,
        Run = Verify,
    };

    internal static Command DeclareHead() => new()
    {
        Summary = "Print the head of the records, to be kept elsewhere",
        Synopsis = "[options]",
        Examples = "kerr trace head\nkerr trace head | logger -t kerr-audit-head",
        Arity = Arity.Exactly(0),
        Options = static () => TraceOptions.ShowHead,
        Run = ShowHead,
    };

    private static int Verify(Invocation invocation)
    {
        var forwarded = new List<TraceHead>();
        foreach (string text in invocation.Values.Items(TraceOptions.Head))
        {
            forwarded.Add(TraceHead.Parse(text) ?? throw new UserException($"--head: {text} is no head", "it is what kerr trace head prints: FIRST LAST DIGEST HOST"));
        }

        TraceVerification result = TraceVerification.Of(TraceCommand.Store(invocation), forwarded);
        if (result.Fault is not null)
        {
            throw new UserException($"the records are not as they were kept: {result.Fault}", "take what follows it as unproven, and compare with a copy");
        }

        StandardStream.Write(StandardStream.Output, string.Create(
            CultureInfo.InvariantCulture, $"{result.Records} records, {(result.Records == 0 ? 0 : result.Head.First)} to {result.Head.Last}, as they were kept\n"));
        return 0;
    }

    private static int ShowHead(Invocation invocation)
    {
        string store = TraceCommand.Store(invocation);
        TraceHead head = TraceHead.Read(store) ?? throw new UserException($"{store} holds no records", "a site fills it: kerr trace collect");
        StandardStream.Write(StandardStream.Output, head + "\n");
        return 0;
    }
}

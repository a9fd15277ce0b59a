using System;
using System.Reflection;
using Xunit.v3;

namespace Kerr.EndToEnd.Harness;

/// <summary>Every test is followed by a look for what its launches left behind.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class NothingStaysAttribute : BeforeAfterTestAttribute
{
    private Residue? before;

    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => before = Residue.Now();

    public override void After(MethodInfo methodUnderTest, IXunitTest test) => before?.Check();
}

using Kerr.EndToEnd.Harness;
using Xunit;

// One after the other: a launch is short, and what stays behind is then the doing of one test.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: NothingStays]
[assembly: AssemblyFixture(typeof(RunDirectory))]

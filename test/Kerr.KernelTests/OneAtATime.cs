using Xunit;

// These tests look at descriptors, processes and mounts of the whole machine: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

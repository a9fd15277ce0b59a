namespace Kerr.Linux.Files;

/// <summary>What tells one file from all others of a host, whatever it is called.</summary>
public readonly record struct FileIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode);

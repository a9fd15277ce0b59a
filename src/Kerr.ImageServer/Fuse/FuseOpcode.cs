namespace Kerr.ImageServer.Fuse;

/// <summary>What a request asks for, by the names of linux/fuse.h; those that are not here are answered with ENOSYS.</summary>
internal enum FuseOpcode
{
    FUSE_LOOKUP = 1,
    FUSE_FORGET = 2,
    FUSE_GETATTR = 3,
    FUSE_READLINK = 5,
    FUSE_OPEN = 14,
    FUSE_READ = 15,
    FUSE_STATFS = 17,
    FUSE_RELEASE = 18,
    FUSE_GETXATTR = 22,
    FUSE_LISTXATTR = 23,
    FUSE_INIT = 26,
    FUSE_OPENDIR = 27,
    FUSE_READDIR = 28,
    FUSE_RELEASEDIR = 29,
    FUSE_INTERRUPT = 36,
    FUSE_DESTROY = 38,
    FUSE_BATCH_FORGET = 42,
    FUSE_READDIRPLUS = 44,
    FUSE_LSEEK = 46,
}

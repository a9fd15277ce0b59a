/*
 * Preloaded into FUSE servers of other people, for what they lack. No library is linked, so that a process of any C library
 * can load it.
 *
 * fuse2fs is linked with libfuse 2 in most distributions, which cannot be given a mount that is made already: its open of
 * /dev/fuse answers a copy of descriptor $KERR_FUSE, and mounting and unmounting succeed without a deed. Its mount point is
 * anything that is there, like /dev/fuse. libfuse 3 works the same way.
 *
 * fuse-overlayfs gives up copying a file from a lower layer when one of its extended attributes cannot be read or written:
 * trusted and security attributes, which a user cannot write, are left out of its list.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_or_copy(const char *path, int flags, unsigned mode)
{
    const char *number = getenv("KERR_FUSE");
    if (number && strcmp(path, "/dev/fuse") == 0) {
        return fcntl(atoi(number), F_DUPFD, 3);
    }

    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

#define OPEN(name)                                              \
    int name(const char *path, int flags, ...)                  \
    {                                                           \
        va_list rest;                                           \
        va_start(rest, flags);                                  \
        unsigned mode = va_arg(rest, unsigned);                 \
        va_end(rest);                                           \
        return open_or_copy(path, flags, mode);                 \
    }

OPEN(open)
OPEN(open64)

int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
{
    (void)source, (void)target, (void)type, (void)flags, (void)data;
    return 0;
}

int umount2(const char *target, int flags)
{
    (void)target, (void)flags;
    return 0;
}

ssize_t flistxattr(int fd, char *list, size_t size)
{
    ssize_t length = syscall(SYS_flistxattr, fd, list, size);
    ssize_t kept = 0;
    for (ssize_t at = 0, next; size > 0 && at < length; at = next) {
        next = at + (ssize_t)strlen(list + at) + 1;
        if (strncmp(list + at, "trusted.", 8) != 0 && strncmp(list + at, "security.", 9) != 0) {
            memmove(list + kept, list + at, next - at);
            kept += next - at;
        }
    }

    return length <= 0 || size == 0 ? length : kept;
}

/* silence DIRECTORY: mounts a FUSE file system there that never answers, says so, and unmounts it when its input ends or on SIGTERM. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static void check(int result, const char *what)
{
    if (result < 0)
    {
        dprintf(2, "silence: %s: %s\n", what, strerror(errno));
        _exit(99);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2)
    {
        return 99;
    }

    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    check(sigprocmask(SIG_BLOCK, &ends, NULL), "sigprocmask");
    char options[100];
    int device = open("/dev/fuse", O_RDWR);
    check(device, "/dev/fuse");
    sprintf(options, "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other", device);
    check(mount("silence", argv[1], "fuse", 0, options), "mount");
    check(write(1, "ready\n", 6), "write");
    int number;
    sigwait(&ends, &number);
    check(umount2(argv[1], MNT_DETACH), "umount");
    return 0;
}

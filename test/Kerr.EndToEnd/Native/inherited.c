/* Prints what a process inherits that no argument shows. "streams": answers the open ones of 0–2 as its exit code instead.
   "descriptors": prints the numbers of all that are open instead. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "descriptors") == 0)
    {
        for (int i = 0; i < 65536; i++)
        {
            if (fcntl(i, F_GETFD) >= 0)
            {
                printf("%d\n", i);
            }
        }

        return 0;
    }

    if (argc > 1 && strcmp(argv[1], "streams") == 0)
    {
        int open = 0;
        for (int i = 0; i < 3; i++)
        {
            open |= (fcntl(i, F_GETFD) >= 0) << i;
        }

        return open;
    }

    unsigned long ignored = 0, blocked = 0, pending = 0;
    for (int i = 1; i <= 64; i++)
    {
        struct sigaction action; /* not of 32 and 33, which the C library keeps for itself */
        if (sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        {
            ignored |= 1UL << (i - 1);
        }
    }

    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, 8);
    blocked &= ~(3UL << 31);
    syscall(SYS_rt_sigpending, &pending, 8);
    printf("ignored %016lx\nblocked %016lx\npending %016lx\n", ignored, blocked, pending);
    for (int i = 0; i < RLIM_NLIMITS; i++)
    {
        struct rlimit limit;
        getrlimit(i, &limit);
        printf("limit %d %lx %lx\n", i, limit.rlim_cur, limit.rlim_max);
    }

    int death = 0, reaper = 0;
    prctl(PR_GET_PDEATHSIG, &death);
    prctl(PR_GET_CHILD_SUBREAPER, &reaper);
    mode_t mask = umask(0);
    printf("personality %x\ntimer slack %d\nparent death signal %d\nsubreaper %d\nnice %d\numask %o\ndumpable %d\n",
        personality(0xffffffff), prctl(PR_GET_TIMERSLACK), death, reaper, getpriority(PRIO_PROCESS, 0), mask, prctl(PR_GET_DUMPABLE));
    return 0;
}

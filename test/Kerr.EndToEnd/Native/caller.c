/* caller CHANGE… -- PROGRAM ARGUMENT…: changes itself as told, then becomes the program.
     close N | ignore SIG | default SIG | block SIG        SIG: a number, or "all"
     limit RESOURCE N           both limits; RESOURCE: nofile fsize as nproc core
     broken-pipe N              descriptor N is a pipe that nobody reads
     no-arguments               the program gets argc 0
     refuse-userns ERRNO        a seccomp filter answers it to whoever makes a user namespace
     userns-limit N             in a user namespace of its own that holds at most N others
     forbid-call N ERRNO        a seccomp filter answers it to system call N
     cgroup DIRECTORY           enters it by cgroup.procs */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static void check(long result, const char *what)
{
    if (result < 0)
    {
        dprintf(2, "caller: %s: %s\n", what, strerror(errno));
        _exit(99);
    }
}

static void disposition(const char *which, void (*handler)(int))
{
    if (strcmp(which, "all") != 0)
    {
        check(signal(atoi(which), handler) == SIG_ERR ? -1 : 0, "signal");
        return;
    }

    for (int i = 1; i <= 64; i++)
    {
        if (i != SIGKILL && i != SIGSTOP && i != 32 && i != 33)
        {
            check(signal(i, handler) == SIG_ERR ? -1 : 0, "signal");
        }
    }
}

static void block(const char *which)
{
    unsigned long set = strcmp(which, "all") == 0 ? ~0UL : 1UL << (atoi(which) - 1);
    check(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8), "sigprocmask");
}

static void limit(const char *name, const char *value)
{
    static const struct { const char *name; int number; } known[] = {
        { "nofile", RLIMIT_NOFILE }, { "fsize", RLIMIT_FSIZE }, { "as", RLIMIT_AS }, { "nproc", RLIMIT_NPROC },
        { "core", RLIMIT_CORE }, { "stack", RLIMIT_STACK } };
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
    {
        if (strcmp(name, known[i].name) == 0)
        {
            struct rlimit both = { strtoul(value, NULL, 0), strtoul(value, NULL, 0) };
            check(setrlimit(known[i].number, &both), "setrlimit");
            return;
        }
    }

    errno = EINVAL;
    check(-1, name);
}

/* A filter that answers an errno to one call, if its first argument has the bits (0: always). */
static void forbid(unsigned call, unsigned bits, int number)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | (bits == 0 ? BPF_JGE : BPF_JSET) | BPF_K, bits, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | number),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { sizeof program / sizeof program[0], program };
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
    check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), "seccomp");
}

static void put(const char *path, const char *text)
{
    int file = open(path, O_WRONLY);
    check(file, path);
    check(write(file, text, strlen(text)), path);
    close(file);
}

static void limit_namespaces(const char *most)
{
    char uids[64], gids[64];
    sprintf(uids, "%u %u 1\n", getuid(), getuid());
    sprintf(gids, "%u %u 1\n", getgid(), getgid());
    check(unshare(CLONE_NEWUSER), "unshare");
    put("/proc/self/setgroups", "deny");
    put("/proc/self/uid_map", uids);
    put("/proc/self/gid_map", gids);
    put("/proc/sys/user/max_user_namespaces", most);
}

int main(int argc, char **argv)
{
    int none = 0, i = 1;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++)
    {
        const char *change = argv[i];
#define IS(text) (strcmp(change, text) == 0)
        if (IS("no-arguments")) { none = 1; }
        else if (IS("close")) { close(atoi(argv[++i])); }
        else if (IS("ignore")) { disposition(argv[++i], SIG_IGN); }
        else if (IS("default")) { disposition(argv[++i], SIG_DFL); }
        else if (IS("block")) { block(argv[++i]); }
        else if (IS("limit")) { limit(argv[i + 1], argv[i + 2]); i += 2; }
        else if (IS("userns-limit")) { limit_namespaces(argv[++i]); }
        else if (IS("cgroup"))
        {
            char path[4096];
            snprintf(path, sizeof path, "%s/cgroup.procs", argv[++i]);
            put(path, "0");
        }
        else if (IS("broken-pipe"))
        {
            int ends[2];
            check(pipe(ends), "pipe");
            check(dup2(ends[1], atoi(argv[++i])), "dup2");
            close(ends[0]);
            close(ends[1]);
        }
        else if (IS("refuse-userns"))
        {
            int number = atoi(argv[++i]);
            forbid(SYS_unshare, CLONE_NEWUSER, number);
            forbid(SYS_clone, CLONE_NEWUSER, number);
            forbid(SYS_clone3, 0, ENOSYS);
        }
        else if (IS("forbid-call"))
        {
            forbid((unsigned)atoi(argv[i + 1]), 0, atoi(argv[i + 2]));
            i += 2;
        }
        else
        {
            errno = EINVAL;
            check(-1, change);
        }
    }

    if (i + 1 >= argc)
    {
        errno = EINVAL;
        check(-1, "nothing to run");
    }

    char *empty[] = { NULL };
    execv(argv[i + 1], none ? empty : argv + i + 1);
    check(-1, argv[i + 1]);
}

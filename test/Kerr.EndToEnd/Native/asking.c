/* Stands in for starter-user and asks starter-suid for what it should refuse: the half that every user can trace and replace.
   What it asks is in the file "asking" beside it, a request a line:
       KIND NUMBER NUMBER2 NUMBER3 [DESCRIPTOR…]      DESCRIPTOR: a path, r:PATH to open it for reading, s:NAME below the session, h: what was handed last
       fuzz SEED COUNT                                random requests
       mutate SEED IMAGE                              the requests of a launch from a directory, some of them damaged; none with seed 0
       attack                                         what a user may try on the privileged half itself, which is our parent
       detach NAME                                    removes a directory of the session from another mount namespace, which detaches what is mounted there
   It prints "KIND ANSWER" for each. When it is to become the payload it prints what privileges it has. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int end, session = -1, handed = -1;

static int ask(const void *request, size_t size, const int *given, int count, int64_t *answer)
{
    char control[256] = {0};
    struct iovec buffer = {(void *)request, size};
    struct msghdr message = {.msg_iov = &buffer, .msg_iovlen = 1};
    if (count > 0)
    {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(header), given, sizeof(int) * (size_t)count);
    }

    if (sendmsg(end, &message, MSG_NOSIGNAL) < 0)
    {
        return -1;
    }

    *answer = 0;
    buffer = (struct iovec){answer, sizeof *answer};
    message = (struct msghdr){.msg_iov = &buffer, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(end, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof *answer)
    {
        return -1;
    }

    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS)
    {
        memcpy(&handed, CMSG_DATA(header), sizeof handed);
    }

    return 0;
}

static int open_named(const char *name)
{
    return name[0] == 'r' && name[1] == ':' ? open(name + 2, O_RDONLY | O_CLOEXEC)
        : name[0] == 's' && name[1] == ':' ? openat(session, name[2] ? name + 2 : ".", O_PATH | O_CLOEXEC)
        : strcmp(name, "h:") == 0 ? handed : open(name, O_PATH | O_CLOEXEC);
}

static void fuzz(unsigned seed, int count)
{
    static const char *const places[] = {"/", "/etc", "/etc/passwd", "r:/etc/passwd", "/proc", "/proc/self", "/dev", "/dev/null", "r:/dev/null", "/tmp", "/usr/bin",
        "/opt", "s:", "h:", "r:/proc/self/exe", "/proc/self/ns/mnt", "/dev/pts", "/sys", "r:/proc/self/fd/0"};
    char request[160];
    alarm(20); /* who binds a FUSE of their own over the host and serves nothing waits for themselves */
    srandom(seed);
    for (int i = 0; i < count; i++)
    {
        uint64_t *words = (uint64_t *)request;
        int given[5], descriptors = (int)(random() % 5);
        for (size_t at = 0; at < sizeof request; at++)
        {
            request[at] = (char)random();
        }

        words[0] = (uint64_t)(random() % 22);
        for (int at = 1; at < 4; at++)
        {
            words[at] = random() % 3 == 0 ? words[at] : random() % 2 ? (uint64_t)(random() % 16) : 1ull << (random() % 64);
        }

        int opened = 0;
        for (int at = 0; at < descriptors; at++)
        {
            int one = open_named(places[(size_t)random() % (sizeof places / sizeof *places)]);
            if (one >= 0)
            {
                given[opened++] = one;
            }
        }

        int64_t answer;
        size_t size = random() % 50 == 0 ? (size_t)random() % sizeof request : 96;
        if (ask(request, size, given, opened, &answer) < 0)
        {
            break;
        }

        if (words[0] == 7 && answer == 0)
        {
            session = handed;
        }

        for (int at = 0; at < opened; at++)
        {
            if (given[at] != handed && given[at] != session)
            {
                close(given[at]);
            }
        }
    }
}

static void mutate(unsigned seed, const char *image)
{
    char bind[4096];
    snprintf(bind, sizeof bind, "%s/bin", image);
    const struct { uint64_t kind, number, number2, number3; const char *given[3]; } good[] = {
        {1, 1, 0, 0, {0}}, {2, 64, 64, 0, {0}}, {5, 0x2c000000, 0, 0, {0}}, {6, 0, 0, 0, {0}}, {7, 0, 0, 0, {0}}, {10, 7, 0, 0, {image, "s:image"}}, {11, 7, 0, 0, {"s:image", "s:root"}},
        {12, 6, 0, 755, {"s:dev"}}, {12, 14, 1, 0, {"s:proc"}}, {12, 14, 3, 0, {"s:queues"}}, {11, 6, 0, 0, {bind, "s:upper"}}, {13, 1, 0, 0, {"s:upper"}}, {14, 0, 0, 0, {"s:image"}},
        {15, 1, 0, 0, {"s:work"}}, {16, 0, 0, 0, {0}}, {17, 0, 0, 0, {0}}, {18, 0, 0, 0, {"s:root"}}};
    const int count = sizeof good / sizeof *good;
    srandom(seed);
    for (int i = 0; i < count; i++)
    {
        if (seed % 2 == 0 && (i == 2 || i == 3))
        {
            continue; // every other time without namespaces of its own
        }

        int at = seed && random() % 12 == 0 ? (int)(random() % count) : i;
        int times = seed && random() % 12 == 0 ? (int)(random() % 3) : 1;
        for (; times > 0; times--)
        {
            uint64_t request[12] = {good[at].kind, good[at].number, good[at].number2, good[at].number3};
            int given[3], opened = 0;
            for (int j = 0; j < 3 && good[at].given[j]; j++)
            {
                const char *name = seed && random() % 15 == 0 ? good[random() % count].given[0] : good[at].given[j];
                int one = name ? open_named(name) : -1;
                given[opened] = one;
                opened += one >= 0;
            }

            for (int damage = seed && random() % 3 == 0 ? 1 + (int)(random() % 3) : 0; damage > 0; damage--)
            {
                int byte = (int)(random() % 40);
                ((unsigned char *)request)[byte] ^= random() % 2 ? (unsigned char)(1u << (random() % 8)) : (unsigned char)random();
            }

            int64_t answer;
            if (ask(request, sizeof request, given, opened, &answer) < 0)
            {
                return;
            }

            if (request[0] == 7 && answer == 0)
            {
                static const char *const places[] = {"image", "root", "upper", "work", "dev", "proc", "queues"};
                session = handed;
                for (size_t j = 0; j < sizeof places / sizeof *places; j++)
                {
                    mkdirat(session, places[j], 0755);
                }
            }

            if (request[0] == 18 && answer == 0)
            {
                printf("entered\n");
                fflush(stdout);
                return;
            }
        }
    }
}

static void attack(void)
{
    char path[64], target[256], byte;
    int parent = getppid(), pidfd = (int)syscall(SYS_pidfd_open, parent, 0);
    struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};
    static const char *const files[] = {"mem", "maps", "environ", "fd", "exe", "auxv", "syscall", "stack"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
        snprintf(path, sizeof path, "/proc/%d/%s", parent, files[i]);
        int file = strcmp(files[i], "exe") == 0 ? (int)readlink(path, target, sizeof target) : open(path, O_RDONLY);
        int opened = file >= 0 && (strcmp(files[i], "exe") == 0 || strcmp(files[i], "fd") == 0 || read(file, &byte, 1) == 1);
        printf("%s %s\n", files[i], opened ? "OPEN" : "closed");
    }

    printf("attach %s\n", ptrace(PTRACE_ATTACH, parent, 0, 0) == 0 ? "OPEN" : "closed");
    printf("seize %s\n", ptrace(PTRACE_SEIZE, parent, 0, 0) == 0 ? "OPEN" : "closed");
    printf("read %s\n", process_vm_readv(parent, &here, 1, &there, 1, 0) == 1 ? "OPEN" : "closed");
    printf("descriptor %s\n", pidfd < 0 || syscall(SYS_pidfd_getfd, pidfd, 3, 0) < 0 ? "closed" : "OPEN");
    fflush(stdout);
}

static void detach(const char *name)
{
    pid_t child = fork();
    if (child == 0)
    {
        /* A copy of the mounts has that one, too, so all of them are left. */
        int left = unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mount("none", "/tmp", "tmpfs", 0, NULL) == 0
            && chdir("/tmp") == 0 && syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0;
        _exit(left && unlinkat(session, name, AT_REMOVEDIR) == 0 ? 0 : 1);
    }

    int status = -1;
    waitpid(child, &status, 0);
    printf(status == 0 ? "detached\n" : "not detached\n");
    fflush(stdout);
}

static int tell(void)
{
    uid_t ids[3];
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    getresuid(ids, ids + 1, ids + 2);
    syscall(SYS_capget, &header, sets);
    setfsuid(0);
    printf("payload %u %u %u %d caps %x %x bounding %d regained %d privileges %d\n", ids[0], ids[1], ids[2], setfsuid((uid_t)-1), sets[0].permitted | sets[0].effective | sets[0].inheritable,
        sets[1].permitted | sets[1].effective | sets[1].inheritable, prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0), setuid(0) == 0, !prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    return 0;
}

int main(int argc, char **argv)
{
    char path[4096], line[8192];
    if (argc < 4 || strcmp(argv[1], "build") != 0)
    {
        return argc > 1 && strcmp(argv[1], "rest") == 0 ? tell() : 0;
    }

    end = atoi(argv[3]);
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    strcpy(strrchr(path, '/'), "/asking");
    FILE *script = fopen(path, "re");
    while (script && fgets(line, sizeof line, script))
    {
        char *words[16];
        int count = 0;
        for (char *word = strtok(line, " \n"); word && count < 16; word = strtok(NULL, " \n"))
        {
            words[count++] = word;
        }

        if (count == 3 && strcmp(words[0], "fuzz") == 0)
        {
            fuzz((unsigned)atoi(words[1]), atoi(words[2]));
        }
        else if (count == 3 && strcmp(words[0], "mutate") == 0)
        {
            mutate((unsigned)atoi(words[1]), words[2]);
        }
        else if (count == 1 && strcmp(words[0], "attack") == 0)
        {
            attack();
        }
        else if (count == 2 && strcmp(words[0], "detach") == 0)
        {
            detach(words[1]);
        }
        else if (count >= 4)
        {
            uint64_t request[12] = {strtoull(words[0], NULL, 0), strtoull(words[1], NULL, 0), strtoull(words[2], NULL, 0), strtoull(words[3], NULL, 0)};
            int given[8], opened = 0;
            for (int i = 4; i < count; i++)
            {
                given[opened++] = open_named(words[i]);
                if (given[opened - 1] < 0)
                {
                    printf("cannot open %s\n", words[i]);
                    return 1;
                }
            }

            int64_t answer;
            if (ask(request, 96, given, opened, &answer) < 0)
            {
                printf("%s ended\n", words[0]);
                fflush(stdout);
                return 1;
            }

            printf("%s %lld\n", words[0], (long long)answer);
            fflush(stdout);
            if (request[0] == 7 && answer == 0)
            {
                session = handed;
                mkdirat(session, "image", 0755);
                mkdirat(session, "root", 0755);
                mkdirat(session, "upper", 0755);
                mkdirat(session, "work", 0755);
            }
        }
    }

    return 0;
}

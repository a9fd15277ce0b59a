/* victim parent|sibling NAME PROGRAM ARGUMENT…: holds what an attacker would want, and runs the program (the attack) as its
   child, or as the child of its parent. Among the arguments @PID, @ADDRESS, @KEY and @ID stand for where the secrets are.
   Prints the signals that arrive; ends as the program ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char secret[64] = "secret in memory";
static char object[300];
static mqd_t queue;
static int segment;

/* Where the secrets are: what @PID and the others stand for. */
struct places { char pid[16], address[32], key[16], id[16]; };

static void check(long result, const char *what)
{
    if (result < 0)
    {
        dprintf(2, "victim: %s: %s\n", what, strerror(errno));
        _exit(99);
    }
}

static void told(int number)
{
    char text[] = "signal 00\n";
    text[7] += number / 10;
    text[8] += number % 10;
    (void)!write(1, text, sizeof text - 1);
}

static void hold(const char *name, struct places *places)
{
    for (int i = 1; i < 32; i++)
    {
        if (i != SIGCHLD && i != SIGTERM)
        {
            struct sigaction action = { .sa_handler = told, .sa_flags = SA_RESTART };
            sigfillset(&action.sa_mask); /* the end waits until this is told */
            sigaction(i, &action, NULL);
        }
    }

    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* where Yama would refuse everybody */
    key_t key = 0x4B000000 | getpid();
    segment = shmget(key, 4096, IPC_CREAT | 0600);
    check(segment, "shmget");
    strcpy(shmat(segment, NULL, 0), "secret in a segment");

    snprintf(object, sizeof object, "/%s", name);
    int file = shm_open(object, O_CREAT | O_RDWR, 0600);
    check(file, "shm_open");
    check(write(file, "secret in shared memory", 23), "write");
    struct mq_attr attributes = { .mq_maxmsg = 1, .mq_msgsize = 16 };
    queue = mq_open(object, O_CREAT | O_RDWR, 0600, &attributes);
    check(queue, "mq_open");

    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", name);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(bind(listener, (void *)&address, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)), "bind");
    check(listen(listener, 5), "listen");

    sprintf(places->pid, "%d", getpid());
    sprintf(places->address, "%lx", (unsigned long)secret);
    sprintf(places->key, "%x", key);
    sprintf(places->id, "%d", segment);
}

static void release(void)
{
    mq_unlink(object);
    shm_unlink(object);
    shmctl(segment, IPC_RMID, NULL);
}

static void end(int number)
{
    (void)number;
    release();
    _exit(0);
}

/* The holder as a child of ours, beside the program. */
static int hold_beside(const char *name, struct places *places)
{
    int ends[2];
    check(pipe2(ends, O_CLOEXEC), "pipe");
    int child = fork();
    check(child, "fork");
    if (child == 0)
    {
        signal(SIGTERM, end);
        hold(name, places);
        check(write(ends[1], places, sizeof *places), "write");
        while (1)
        {
            pause();
        }
    }

    close(ends[1]);
    check(read(ends[0], places, sizeof *places) == sizeof *places ? 0 : -1, "the holder");
    return child;
}

int main(int argc, char **argv)
{
    if (argc < 4)
    {
        return 99;
    }

    struct places places;
    int holder = 0;
    if (strcmp(argv[1], "sibling") == 0)
    {
        holder = hold_beside(argv[2], &places);
        signal(SIGUSR1, SIG_IGN);
    }
    else
    {
        hold(argv[2], &places);
    }

    for (int i = 3; i < argc; i++)
    {
        argv[i] = strcmp(argv[i], "@PID") == 0 ? places.pid : strcmp(argv[i], "@ADDRESS") == 0 ? places.address
            : strcmp(argv[i], "@KEY") == 0 ? places.key : strcmp(argv[i], "@ID") == 0 ? places.id : argv[i];
    }

    int program = fork();
    check(program, "fork");
    if (program == 0)
    {
        execv(argv[3], argv + 3);
        check(-1, argv[3]);
    }

    int status;
    check(waitpid(program, &status, 0), "waitpid");
    if (holder > 0)
    {
        kill(holder, SIGTERM);
        waitpid(holder, NULL, 0);
    }
    else
    {
        release();
    }

    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* meeting ACTION: what strangers and guests try with the keeper of shared images.
   squat NAME     takes the name of a keeper, listens, never answers; prints "taken"
   ask            finds a keeper among the host's sockets and asks it for its user namespace; prints what comes of it
   memory         prints its process id and an address, and waits
   read PID ADDR  reads the text there */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static char text[] = "text of a neighbour";

static int name(struct sockaddr_un *address, const char *text)
{
    address->sun_family = AF_UNIX;
    address->sun_path[0] = 0;
    strncpy(address->sun_path + 1, text, sizeof address->sun_path - 2);
    return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(text);
}

static int ask(void)
{
    char line[512], found[200] = "";
    FILE *sockets = fopen("/proc/net/unix", "r");
    while (sockets && fgets(line, sizeof line, sockets))
    {
        char *at = strstr(line, "@kerr-");
        if (at)
        {
            sscanf(at + 1, "%199s", found);
        }
    }

    struct sockaddr_un address;
    int end = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    struct timeval patience = { .tv_sec = 5 };
    setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (!*found || connect(end, (void *)&address, name(&address, found)) < 0)
    {
        printf("no keeper: %s\n", *found ? strerror(errno) : "not in sight");
        return 1;
    }

    /* A request as in SharingFormat: magic, no image, options behind an empty key. */
    char request[26] = "KERRSHR1\377\377\377\377\31";
    int plan = dup(0);
    char control[CMSG_SPACE(sizeof plan)] = { 0 };
    struct iovec data = { request, sizeof request };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof plan);
    memcpy(CMSG_DATA(rights), &plan, sizeof plan);
    sendmsg(end, &message, MSG_NOSIGNAL);
    int status = 1;
    long received = recv(end, &status, sizeof status, 0);
    printf("%s\n", received == 4 && status == 0 ? "served" : "refused");
    return 0;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 3 && strcmp(argv[1], "squat") == 0)
    {
        struct sockaddr_un address;
        int taken = socket(AF_UNIX, SOCK_SEQPACKET, 0);
        if (bind(taken, (void *)&address, name(&address, argv[2])) < 0 || listen(taken, 100) < 0)
        {
            return 1;
        }

        printf("taken\n");
        pause();
    }

    if (argc == 2 && strcmp(argv[1], "ask") == 0)
    {
        return ask();
    }

    if (argc == 2 && strcmp(argv[1], "memory") == 0)
    {
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* where Yama would refuse everybody */
        printf("%d %lx\n", getpid(), (unsigned long)text);
        pause();
    }

    if (argc == 4 && strcmp(argv[1], "read") == 0)
    {
        char copy[sizeof text] = "";
        struct iovec here = { copy, sizeof copy }, there = { (void *)strtoul(argv[3], NULL, 16), sizeof copy };
        long done = process_vm_readv(atoi(argv[2]), &here, 1, &there, 1, 0);
        printf("%s\n", done == sizeof copy ? copy : strerror(errno));
        return 0;
    }

    return 99;
}

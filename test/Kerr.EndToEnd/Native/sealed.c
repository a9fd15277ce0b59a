/* sealed PLAN STARTER [ARGUMENT…] -- [NAME=VALUE…]: executes the starter as kerr does, with a plan from a file as sealed memory under number 9,
   but with any arguments and any environment. "9" among the arguments is the plan. "none" as PLAN gives no plan. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static char buffer[1 << 20];
    char *arguments[64] = {0};
    char **environment = argv + argc;
    int count = 0;

    if (argc < 3)
    {
        return 2;
    }

    if (strcmp(argv[1], "none") != 0)
    {
        int file = open(argv[1], O_RDONLY);
        int plan = memfd_create("kerr-plan", MFD_ALLOW_SEALING);
        ssize_t length;
        while ((length = read(file, buffer, sizeof buffer)) > 0)
        {
            if (write(plan, buffer, (size_t)length) != length)
            {
                return 3;
            }
        }

        if (file < 0 || plan < 0 || fcntl(plan, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0 || dup2(plan, 9) < 0)
        {
            perror("plan");
            return 3;
        }

        if (plan != 9)
        {
            close(plan);
        }

        close(file);
    }

    for (int i = 2; i < argc && count < 63; i++)
    {
        if (strcmp(argv[i], "--") == 0)
        {
            environment = argv + i + 1;
            break;
        }

        arguments[count++] = argv[i];
    }

    execve(argv[2], arguments, environment);
    perror(argv[2]);
    return 4;
}

/* Prints each argument and each variable of its environment, with a zero after each and one more after the last of both. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv, char **environment)
{
    for (int i = 1; i < argc; i++)
    {
        fwrite(argv[i], 1, strlen(argv[i]) + 1, stdout);
    }

    putchar(0);
    for (int i = 0; environment[i] != NULL; i++)
    {
        fwrite(environment[i], 1, strlen(environment[i]) + 1, stdout);
    }

    putchar(0);
    return 0;
}

// An MPI program whose answer is wrong or late when ranks do not reach each other: `exchange SIZE [SECONDS]`.
//
// Each rank sends 4 MiB, far above every eager limit, to the next one and checks what comes from the one before, three rounds. Rank 0 prints
// "SIZE ranks agree on SUM, copies: …", where copies is what the MPI says of its single copies (Open MPI: the value of its variable; else "untold").
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 1 << 20 };
static unsigned sent[WORDS], received[WORDS];

static const char *single_copies(char *text, int size)
{
    int threads, count, index;
    if (MPI_T_init_thread(MPI_THREAD_SINGLE, &threads) || MPI_T_cvar_get_num(&count))
        return "untold";
    if (MPI_T_cvar_get_index("btl_vader_single_copy_mechanism", &index) == MPI_SUCCESS) {
        MPI_T_cvar_handle handle;
        MPI_T_enum kinds;
        char name[256], description[4096];
        int length = sizeof name, words = sizeof description, level, bind, scope, items, value;
        MPI_Datatype type;
        if (MPI_T_cvar_get_info(index, name, &length, &level, &type, &kinds, description, &words, &bind, &scope) || MPI_T_cvar_handle_alloc(index, NULL, &handle, &items)
            || MPI_T_cvar_read(handle, &value))
            return "untold";
        for (int i = 0, known; MPI_T_enum_get_info(kinds, &known, name, &length) == MPI_SUCCESS && i < known; i++) {
            int item;
            length = sizeof name;
            if (MPI_T_enum_get_item(kinds, i, &item, name, &length) == MPI_SUCCESS && item == value) {
                snprintf(text, size, "%s", name);
                return text;
            }
        }
    }
    return "untold";
}

int main(int count, char **arguments)
{
    int rank, size, wrong = 0, all;
    char text[64];
    if (count < 2 || MPI_Init(&count, &arguments))
        return 2;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (size != atoi(arguments[1])) {
        printf("%d of %s ranks\n", size, arguments[1]);
        return 3;
    }
    if (count > 2)
        sleep(atoi(arguments[2]));
    int next = (rank + 1) % size, before = (rank + size - 1) % size;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < WORDS; i++)
            sent[i] = rank * 7919u + i * 31u + round;
        MPI_Sendrecv(sent, WORDS, MPI_UNSIGNED, next, round, received, WORDS, MPI_UNSIGNED, before, round, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        for (int i = 0; i < WORDS; i++)
            wrong += received[i] != before * 7919u + i * 31u + round;
    }

    MPI_Allreduce(&wrong, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0)
        printf("%d ranks agree on %d wrong words, copies: %s\n", size, all, single_copies(text, sizeof text));

    // MPICH 4.0 over UCX and TCP can wait for ever in MPI_Finalize, in no container too: one rank flushes a connection to others that have stopped to
    // listen. Where the test says so, ranks that have agreed end without it.
    MPI_Barrier(MPI_COMM_WORLD);
    if (getenv("EXCHANGE_QUIT")) {
        fflush(stdout);
        _exit(all != 0);
    }
    MPI_Finalize();
    return all != 0;
}

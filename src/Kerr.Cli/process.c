/* What must happen before the runtime starts, and after it failed to.

   Signals: the runtime ignores SIGPIPE, catches SIGFPE, SIGSEGV and SIGRTMIN, and unblocks SIGRTMIN, before Main can look.
   A constructor remembers what the caller handed us; the payload gets it back (docs/decisions/0007-signals-as-the-caller-had-them.md).
   SIGXFSZ is ignored until then, so that a limit on file sizes gives an error that can be explained.

   A runtime that lacks memory or threads ends the process without a word: a destructor says it. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { CHANGED = 5 };
static int changed[CHANGED]; /* SIGRTMIN is a call */
static int ignored[CHANGED];
static sigset_t blocked;
static int running;

__attribute__((constructor)) static void remember(void)
{
    changed[0] = SIGPIPE, changed[1] = SIGFPE, changed[2] = SIGSEGV, changed[3] = SIGXFSZ, changed[4] = SIGRTMIN;
    for (int i = 0; i < CHANGED; i++)
    {
        struct sigaction action;
        ignored[i] = sigaction(changed[i], NULL, &action) == 0 && action.sa_handler == SIG_IGN;
    }

    signal(SIGXFSZ, SIG_IGN);
    sigprocmask(SIG_SETMASK, NULL, &blocked);
}

/* Main has begun: from now on errors are told by it. */
void kerr_main_began(void)
{
    running = 1;
}

__attribute__((destructor)) static void tell(void)
{
    static const char message[] = "FATAL:   kerr cannot start: its runtime lacks memory, threads or open files\n"
        "         raise the limits: ulimit -v, ulimit -u, ulimit -n\n";
    if (!running)
    {
        (void)!write(2, message, sizeof message - 1);
    }
}

/* Dispositions and mask as at the start; for the last moment before exec. Answers 0, or -1 with errno. */
int kerr_signals_restore(void)
{
    for (int i = 0; i < CHANGED; i++)
    {
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_handler = ignored[i] ? SIG_IGN : SIG_DFL;
        if (sigaction(changed[i], &action, NULL) < 0)
        {
            return -1;
        }
    }

    return sigprocmask(SIG_SETMASK, &blocked, NULL);
}

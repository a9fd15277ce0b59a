// Takes from the runtime's start what a program of milliseconds has no use for. The linker puts each __wrap_ function in
// the place of the runtime's own (--wrap, in the project files of kerr and the image server); docs/performance.md has what each brought.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// The thread of finalizers is made at the first collection that has work for it, not at every start: exec has to wait
// until every other thread is dead, which on a busy machine takes longer than all else.
typedef uint32_t (*Callback)(void *);

int __real_PalStartFinalizerThread(Callback run, void *context);
void __real__Z20RhEnableFinalizationv(void);

static Callback finalizer;
static void *finalizerContext;
static atomic_flag finalizerStarted = ATOMIC_FLAG_INIT;

int __wrap_PalStartFinalizerThread(Callback run, void *context)
{
    finalizer = run;
    finalizerContext = context;
    return 1;
}

void __wrap__Z20RhEnableFinalizationv(void)
{
    if (finalizer != NULL && !atomic_flag_test_and_set(&finalizerStarted))
    {
        __real_PalStartFinalizerThread(finalizer, finalizerContext);
    }

    __real__Z20RhEnableFinalizationv();
}

// Limits of the control group: the collector's limit is fixed when the program is built, and finding the group means
// reading the table of mounts twice, which on a cluster's nodes has hundreds of lines.
void __wrap__Z16InitializeCGroupv(void)
{
}

void __wrap__Z19InitializeCpuCGroupv(void)
{
}

// Memory nodes: of interest to the server collector only.
void __wrap__Z21NUMASupportInitializev(void)
{
}

// The bounds of the first thread's stack, which the C library takes from /proc/self/maps. The kernel's limit is the
// size; what lies above __libc_stack_end is no frame of ours.
extern void *__libc_stack_end;

int __real_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);

int __wrap_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
    const size_t most = 8 << 20;
    const uintptr_t page = 4096;
    struct rlimit limit;
    if (getpid() != syscall(SYS_gettid) || !pthread_equal(thread, pthread_self()) || getrlimit(RLIMIT_STACK, &limit) != 0)
    {
        return __real_pthread_getattr_np(thread, attributes);
    }

    size_t size = limit.rlim_cur > most ? most : limit.rlim_cur & ~(page - 1);
    uintptr_t top = ((uintptr_t)__libc_stack_end + page - 1) & ~(page - 1);
    int error = pthread_attr_init(attributes);
    return error != 0 ? error : pthread_attr_setstack(attributes, (void *)(top - size), size);
}

// Whether a core dump has the collector's memory: asked and taken back at each of a dozen steps by which its heap grows.
int __real_madvise(void *address, size_t length, int advice);

int __wrap_madvise(void *address, size_t length, int advice)
{
    return advice == MADV_DONTDUMP || advice == MADV_DODUMP ? 0 : __real_madvise(address, length, advice);
}

/*
 * What a program without a C library brings itself on x86-64: its entry, the system call instruction, the memory
 * functions that the compilers call, and the value that guards stack buffers, new for each process.
 */
typedef unsigned long word;

word __security_cookie;
static word secure;

int main(int argc, char **argv, char **envp);

/* The kernel hands over argc, argv, a null, envp, a null, auxv on the stack, and no return address. */
__asm__(".globl _start\n"
        "_start:\n\t"
        "xor %ebp, %ebp\n\t"
        "mov %rsp, %rdi\n\t"
        "and $-16, %rsp\n\t"
        "call start\n\t"
        "ud2\n");

/*
 * long kerr_call(number, a, b, c, d, e, f): the seventh argument lies above the return address. Answers what the kernel answers.
 * kerr_call3 is the same with three: d and e are 0, as prctl and its kind want them, and no call with three arguments looks at f.
 */
__asm__(".globl kerr_call3, kerr_call\n"
        "kerr_call3:\n\t"
        "xor %r8d, %r8d\n\t"
        "xor %r9d, %r9d\n"
        "kerr_call:\n\t"
        "mov %edi, %eax\n\t"
        "mov %rsi, %rdi\n\t"
        "mov %rdx, %rsi\n\t"
        "mov %rcx, %rdx\n\t"
        "mov %r8, %r10\n\t"
        "mov %r9, %r8\n\t"
        "mov 8(%rsp), %r9\n\t"
        "syscall\n\t"
        "ret\n");

__attribute__((used, noreturn)) static void start(word *stack)
{
    enum { AT_NULL = 0, AT_SECURE = 23, AT_RANDOM = 25 };
    char **argv = (char **)(stack + 1), **envp = argv + *stack + 1, **end = envp;
    while (*end)
    {
        end++;
    }

    for (word *auxv = (word *)(end + 1); auxv[0] != AT_NULL; auxv += 2)
    {
        if (auxv[0] == AT_RANDOM)
        {
            __security_cookie = *(word *)auxv[1];
        }
        else if (auxv[0] == AT_SECURE)
        {
            secure = auxv[1];
        }
    }

    main((int)*stack, argv, envp); /* does not return */
    __builtin_trap();
}

/* Whether we run with more rights than the caller, as the kernel says behind the environment, of which nothing is read. */
word kerr_secure(void)
{
    return secure;
}

/* The words of errors, Errors.S. */
extern const char kerr_error_table[];

const char *kerr_errors(void)
{
    return kerr_error_table;
}

void *memset(void *to, int value, word length)
{
    void *at = to;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(length) : "a"(value) : "memory");
    return to;
}

void *memmove(void *to, const void *from, word length)
{
    char *t = to;
    const char *f = from;
    if ((word)(t - f) >= length)
    {
        __asm__ volatile("rep movsb" : "+D"(t), "+S"(f), "+c"(length) : : "memory");
        return to;
    }

    while (length-- > 0)
    {
        t[length] = f[length];
    }

    return to;
}

/* The code generator's names of these. */
void *RhSpanHelpers_MemSet(void *to, int value, word length) __attribute__((alias("memset")));
void *RhSpanHelpers_MemCopy(void *to, const void *from, word length) __attribute__((alias("memmove")));

void RhSpanHelpers_MemZero(void *to, word length)
{
    memset(to, 0, length);
}

/* Where a runtime would be told that its code is entered and left. */
void RhpReversePInvoke(void) {}
void RhpReversePInvokeReturn(void) {}

/* A stack buffer was overrun. */
__attribute__((noreturn)) void RhpFallbackFailFast(void)
{
    __builtin_trap();
}

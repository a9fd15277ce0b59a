/* The value that guards stack buffers, where the code generator looks for it; new for each process. */
#include <sys/auxv.h>

unsigned long __security_cookie;

__attribute__((constructor)) static void guard(void)
{
    const unsigned long *random = (const unsigned long *)getauxval(AT_RANDOM);
    __security_cookie = random ? *random : 0x2B992DDFA232;
}

// Takes libm from the libraries of every start, by --wrap like ../Kerr.Linux/runtime.c.
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

// The mathematical functions of type double, which no start calls: their library is loaded when somebody does.
static void *math(const char *name)
{
    void *library = dlopen("libm.so.6", RTLD_NOW);
    void *function = library == NULL ? NULL : dlsym(library, name);
    if (function == NULL)
    {
        abort();
    }

    return function;
}

#define OF_ONE(name) double __wrap_##name(double x) { return ((double (*)(double))math(#name))(x); }
#define OF_TWO(name) double __wrap_##name(double x, double y) { return ((double (*)(double, double))math(#name))(x, y); }

OF_ONE(ceil)
OF_ONE(cos)
OF_ONE(exp)
OF_ONE(floor)
OF_ONE(log)
OF_ONE(log10)
OF_ONE(log2)
OF_ONE(sin)
OF_ONE(tan)
OF_TWO(fmod)
OF_TWO(pow)

double __wrap_modf(double x, double *whole)
{
    return ((double (*)(double, double *))math("modf"))(x, whole);
}

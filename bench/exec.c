/* The least that any wrapper costs: a program without a C library that only execs. Built from wrapper/'s own start. */
#include "../wrapper/kernel.h"

MACHINE_START;

void *memset(void *to, int byte, size_t size);
void *memset(void *to, int byte, size_t size)
{
	char *target = to;
	while (size--) *target++ = (char)byte;
	return to;
}

void __attribute__((noreturn, used)) wrapper_start(long *stack)
{
	char **argv = (char **)(stack + 1);
	kernel_run(REAL, argv, argv + stack[0] + 1);
	kernel_end(127);
}

/* What is called in the end: it ends at once. */
#include "../wrapper/kernel.h"

MACHINE_START;

void __attribute__((noreturn, used)) wrapper_start(long *stack)
{
	(void)stack;
	kernel_end(0);
}

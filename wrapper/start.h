/* The first instructions: what the kernel put on the stack, and where the policy lies. */
#ifndef START_H
#define START_H

#include "call.h"
#include "kernel.h"

MACHINE_START;

/* Set by the linker: the segment of the policy, mapped by the kernel from behind the program's own bytes. */
extern const char policy_start[], policy_end[];

/* Read by tools, and by other wrappers, to tell what this file is. */
__attribute__((section(".note.interpose"), used, aligned(4))) static const struct {
	uint32_t name_size, content_size, kind;
	char name[12];
	char content[20];
} mark = {10, 18, 1, "interpose", "interpose wrapper"};

#define AUXILIARY_USER 11
#define AUXILIARY_EFFECTIVE_USER 12
#define AUXILIARY_SECURE 23
#define AUXILIARY_PATH 31

void handle_call(struct call *, text policy) __attribute__((noreturn));

/*
 * The policy's text, up to the NULs that fill the segment. A file that was cut short is no longer mapped there: the
 * kernel is asked, since a look would end the process.
 */
static text find_policy(void)
{
	size_t size = (size_t)(policy_end - policy_start);
	if (kernel_may(AT_FDCWD, policy_start + size - 1, 0) == -EFAULT) return TEXT("");
	return (text){policy_start, size};
}

void __attribute__((noreturn, used)) wrapper_start(long *stack)
{
	struct call call;
	memset(&call, 0, sizeof call);
	call.argc = (int)stack[0];
	call.argv = (char **)(stack + 1);
	call.envp = call.argv + call.argc + 1;
	char **last = call.envp;
	while (*last) last++;
	for (unsigned long *item = (unsigned long *)(last + 1); item[0] != 0; item += 2) {
		if (item[0] == AUXILIARY_USER) call.user = (unsigned)item[1];
		else if (item[0] == AUXILIARY_EFFECTIVE_USER) call.effective_user = (unsigned)item[1];
		else if (item[0] == AUXILIARY_SECURE) call.elevated = item[1] != 0;
		else if (item[0] == AUXILIARY_PATH) call.path = (const char *)item[1];
	}
	handle_call(&call, find_policy());
}

#endif

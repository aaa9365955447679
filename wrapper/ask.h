/*
 * Runs a program for what it prints, so that nothing of it is left: not when it takes too long, not when this process
 * is killed meanwhile, whatever it started by then. A keeper process between the two sees to that. No signal tells this
 * process of a child, and the caller's own children are left alone.
 */
#ifndef ASK_H
#define ASK_H

#include <stddef.h>

struct call;

/* How many bytes it printed, at most `size`; negative where it can't be started. */
long ask_program(struct call *, const char *path, char *const *words, char *answer, size_t size, long seconds);

#endif

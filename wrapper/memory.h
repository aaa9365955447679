/*
 * Memory that is taken piece by piece and never given back: a call is over with its exec. The first pieces are on the
 * stack, so that a usual call asks the kernel for none.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include "text.h"

struct memory {
	char *at, *end;
	/* What may still be asked of the kernel. */
	size_t left;
};

/* Room of that size, aligned for anything; NULL where there is no more. */
void *take(struct memory *, size_t size);
/* The parts in a row, ended by a NUL; NULL where there is no room. */
char *joined(struct memory *, text, text, text);

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *left, const void *right, size_t size);

#endif

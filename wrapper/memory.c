#include "memory.h"
#include "kernel.h"

/* So much is asked of the kernel at once, at the least. */
#define CHUNK 65536u

void *take(struct memory *memory, size_t size)
{
	size = (size + 15) & ~(size_t)15;
	if (size > (size_t)(memory->end - memory->at)) {
		size_t chunk = size < CHUNK ? CHUNK : (size + 4095) & ~(size_t)4095;
		if (chunk < size || chunk > memory->left) return NULL;
		char *more = kernel_map(chunk);
		if (!more) return NULL;
		memory->left -= chunk;
		memory->at = more;
		memory->end = more + chunk;
	}
	void *piece = memory->at;
	memory->at += size;
	return piece;
}

char *joined(struct memory *memory, text first, text second, text third)
{
	char *whole = take(memory, first.size + second.size + third.size + 1);
	if (!whole) return NULL;
	memcpy(whole, first.at, first.size);
	memcpy(whole + first.size, second.at, second.size);
	memcpy(whole + first.size + second.size, third.at, third.size);
	whole[first.size + second.size + third.size] = 0;
	return whole;
}

#ifndef HOSTED
/* What the compiler expects to find. */
void *memcpy(void *to, const void *from, size_t size)
{
	char *target = to;
	const char *source = from;
	while (size--) *target++ = *source++;
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	char *target = to;
	while (size--) *target++ = (char)byte;
	return to;
}

int memcmp(const void *left, const void *right, size_t size)
{
	const unsigned char *one = left, *other = right;
	for (; size; size--, one++, other++)
		if (*one != *other) return *one - *other;
	return 0;
}

#ifdef __arm__
/* Named by the compiler's division, for a divisor of zero; ours are constants. */
int raise(int number);
int raise(int number)
{
	return number;
}
#endif
#endif
